/**
 * Answers to first messages that cannot be understood. Nothing is kept of them, and no answer is longer than what it answers.
 *
 * @module
 */
import { ExchangeType, MAJOR_VERSION, NotifyType } from "../../wire/constants.ts";
import { type Header, majorVersion, peekHeader } from "../../wire/header.ts";
import { encodeMessage } from "../../wire/message.ts";
import type { NotifyPayload } from "../../wire/payload.ts";
import type { WireError } from "../../wire/wire_error.ts";
import { notify } from "../message/notify.ts";
import type { ResponderConfiguration } from "../policy/responder_configuration.ts";
import { profileOfExchange, type ResumptionProfile } from "../profiles/resumption_profile.ts";
import type { Effect } from "../states/effect.ts";
import type { Datagram } from "../steps/datagram.ts";
import { responseHeader } from "./first_response.ts";
import { drop, reply } from "./reply.ts";

/** The most answers of {@link FirstRefusals.ofUndecodable}, TICKET_NACK apart, that go out in a second. */
const ANSWERS_PER_SECOND = 100;
const MILLISECONDS_PER_SECOND = 1_000;

/**
 * A request to resume is refused as one with a bad ticket is, whatever is wrong: a client that knows no other refusal goes on
 * to a full exchange (RFC 5723, section 4.3.2).
 */
export function refuseResumption(
  request: Header,
  datagram: Datagram,
  { name, notifies }: ResumptionProfile,
  reason: string,
): Effect[] {
  return refuse(request, datagram, notifies.nack, { type: "ticket-refused", reason, profile: name }) ??
    drop("malformed-header");
}

export class FirstRefusals {
  readonly #profiles: readonly ResumptionProfile[];
  #second = -1;
  #answers = 0;

  constructor({ profiles }: ResponderConfiguration) {
    this.#profiles = profiles;
  }

  /**
   * UNSUPPORTED_CRITICAL_PAYLOAD and INVALID_MAJOR_VERSION, unprotected, to a first request alone (RFC 7296, section 2.5; RFC 4718, section
   * 7.7), and TICKET_NACK to every other request to resume. Anything else gets no answer.
   */
  ofUndecodable(datagram: Datagram, error: WireError, nowMs: number): Effect[] {
    return this.#answer(datagram, error, nowMs) ?? drop(`malformed-${error.kind}`);
  }

  #answer(datagram: Datagram, error: WireError, nowMs: number): Effect[] | undefined {
    const header = peekHeader(datagram.octets);
    if (header === undefined || !isFirstRequest(header)) return undefined;
    const profile = profileOfExchange(this.#profiles, header.exchangeType);
    const told = refusalOf(profile, error.kind);
    if (error.kind === "unsupported-version") {
      // Only peers of higher versions know this notify. The answer's header says which version is spoken here.
      if (majorVersion(datagram.octets) < MAJOR_VERSION || !this.#mayAnswer(nowMs)) return undefined;
      return refuse(header, datagram, notify(NotifyType.INVALID_MAJOR_VERSION), told);
    }
    const isCritical = error.kind === "critical-payload" && error.payloadType !== undefined;
    if (isCritical && isFirstExchange(header, profile) && this.#mayAnswer(nowMs)) {
      const critical = notify(NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD, Uint8Array.of(error.payloadType));
      return refuse(header, datagram, critical, told);
    }
    return profile && refuseResumption(header, datagram, profile, "malformed");
  }

  #mayAnswer(nowMs: number): boolean {
    const second = Math.floor(nowMs / MILLISECONDS_PER_SECOND);
    if (second !== this.#second) this.#answers = 0;
    this.#second = second;
    return ++this.#answers <= ANSWERS_PER_SECOND;
  }
}

/** What is told of a refused first message: `profile`, of whose exchange it was; `undefined`: of IKE_SA_INIT. */
export function refusalOf(profile: ResumptionProfile | undefined, reason: string): Effect & { readonly reason: string } {
  return profile ? { type: "ticket-refused", reason, profile: profile.name } : { type: "init-refused", reason };
}

/** Whether a message is an initiator's request for a new IKE SA. */
function isFirstRequest({ isResponse, fromInitiator, initiatorSpi, responderSpi }: Header): boolean {
  return !isResponse && fromInitiator && initiatorSpi !== 0n && responderSpi === 0n;
}

function isFirstExchange({ exchangeType, messageId }: Header, profile: ResumptionProfile | undefined): boolean {
  return (exchangeType === ExchangeType.IKE_SA_INIT || profile !== undefined) && messageId === 0;
}

/** `undefined`: the answer would be longer than the request. */
function refuse(request: Header, datagram: Datagram, refusal: NotifyPayload, told: Effect): Effect[] | undefined {
  const response = encodeMessage(responseHeader(request, 0n), [refusal]);
  return response.length <= datagram.octets.length ? [reply(response, datagram), told] : undefined;
}
