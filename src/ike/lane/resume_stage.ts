/**
 * The lane's first stage: plain IKE_SESSION_RESUME requests of a wave (RFC 5723, section 4.3.2). What `exchanges/ike_session_resume/responder.ts`
 * says of one request, a column at a time of all: tickets opened in one call, stores asked once, then policy, and the answers.
 *
 * @module
 */
import type { OpenRequest } from "../../crypto/provider.ts";
import { wipe } from "../../crypto/wipe.ts";
import { isTicketByReference } from "../../ticket/ticket_by_reference.ts";
import { keyIdOf, openTicketRequest, ticketIdOf, withoutPadding } from "../../ticket/ticket_by_value.ts";
import { decodeTicketState } from "../../ticket/ticket_state.ts";
import type { TicketName } from "../../ticket/ticket_name.ts";
import { ExchangeType, NotifyType } from "../../wire/constants.ts";
import { peekHeader } from "../../wire/header.ts";
import { refuseFirst } from "../exchanges/first_response.ts";
import { newSpiAfter, wrongInItself } from "../exchanges/ike_session_resume/responder.ts";
import { reply } from "../exchanges/reply.ts";
import { noncePair } from "../ike_sa/ike_sa_keys.ts";
import { sharedIkeSuiteOf } from "../ike_sa/shared_suites.ts";
import type { IkeSuite } from "../ike_sa/suite.ts";
import { FragmentBuffer } from "../message/fragments.ts";
import { notify } from "../message/notify.ts";
import { isSuiteAllowed, refusalOfResumption } from "../policy/client_policy.ts";
import type { Effect } from "../states/effect.ts";
import { isNonceLongEnough, NONCE_LENGTH } from "../states/first_exchange.ts";
import { type AwaitingAuth, isTooLong, type PresentedTicket } from "../states/responder_state.ts";
import { type Datagram, pathOf } from "../steps/datagram.ts";
import { isThenable } from "../steps/hook_faults.ts";
import type { TicketStanding } from "../steps/step.ts";
import { standingsOf } from "../steps/ticket_stores.ts";
import { atOnce } from "../steps/wave.ts";
import { ticketNameOf } from "../tickets/ticket_kinds.ts";
import type { LaneContext } from "./lane_context.ts";
import { type NatHashes, NatWhenAsked } from "./nat_when_asked.ts";
import { u64 } from "./octets.ts";
import { HASH_LENGTH, type PlainResumeRequest, plainResumeRequest } from "./plain_resume_request.ts";
import { resumeResponse } from "./resume_response.ts";

/** A request, and what becomes of it. */
interface Member {
  /** Its place in the wave. */
  readonly place: number;
  readonly datagram: Datagram;
  readonly request: PlainResumeRequest;
  readonly hash: number;
  readonly opening: OpenRequest;
}

/** One whose ticket is authentic, and good so far as it alone tells. */
interface Presenting {
  readonly member: Member;
  readonly presented: PresentedTicket;
  readonly suite: IkeSuite;
  readonly plaintext: Uint8Array;
}

export class ResumeStage {
  readonly #context: LaneContext;
  readonly #members: Member[] = [];

  constructor(context: LaneContext) {
    this.#context = context;
  }

  /** Takes in a datagram, if it is plain. What is, is decided here, before anything has happened. */
  takes(datagram: Datagram, place: number): boolean {
    const { configuration, first } = this.#context;
    const { octets } = datagram;
    const request = plainResumeRequest(octets);
    if (request === undefined || first.isResumptionAsked || isTooLong({ octets, header: RESUME_HEADER }, configuration)) {
      return false;
    }
    const ticket = octets.subarray(request.ticketStart, request.ticketEnd);
    if (ticket.length > configuration.maximumTicketLength || isTicketByReference(ticket)) return false;
    const opening = openTicketRequest(ticket, configuration.ticketKeys);
    if (opening === undefined) return false;
    const hash = first.hashOf(octets);
    if (first.isRepeated(octets, hash)) return false;
    this.#members.push({ place, datagram, request, hash, opening });
    return true;
  }

  /** Serves what was taken in; `answers` get the effects of each, at its place. Waits only where a store does. */
  serve(answers: (readonly Effect[])[]): void | Promise<void> {
    const members = this.#members;
    if (members.length === 0) return;
    const { services, whenFaulty } = this.#context;
    const failAll = (failed: readonly Member[], fault: unknown) => {
      for (const { place } of failed) answers[place] = whenFaulty(fault);
    };
    let presenting: Presenting[];
    try {
      presenting = this.#open(answers);
    } catch (fault) {
      return failAll(members, fault);
    }
    if (presenting.length === 0) return;
    const failPresenting = (fault: unknown) => {
      for (const { plaintext } of presenting) wipe(plaintext);
      failAll(presenting.map(({ member }) => member), fault);
    };
    try {
      const standings = standingsOf(presenting.map(nameOf), services.claims, services.revocations);
      if (!isThenable(standings)) return this.#answer(presenting, standings, answers);
      return standings.then((told) => this.#answer(presenting, told, answers), failPresenting);
    } catch (fault) {
      failPresenting(fault);
    }
  }

  /** Those whose tickets open, and of which nothing in them speaks against it. All others are answered. */
  #open(answers: (readonly Effect[])[]): Presenting[] {
    const { services: { provider }, now, spentTickets } = this.#context;
    const plaintexts = provider.openTickets(this.#members.map(({ opening }) => opening));
    const presenting: Presenting[] = [];
    for (let index = 0; index < this.#members.length; index++) {
      const member = this.#members[index];
      const plaintext = plaintexts[index];
      const opened = plaintext && this.#read(member, plaintext);
      const reason = opened === undefined
        ? "not-authentic"
        : "reason" in opened
        ? opened.reason
        : spentTickets.reasonOf(opened.presented.ticketId, now.monotonicMs);
      if (opened !== undefined && "presented" in opened && reason === undefined) presenting.push(opened);
      else {
        if (plaintext) wipe(plaintext);
        answers[member.place] = refusal(member.datagram, reason ?? "not-authentic");
      }
    }
    return presenting;
  }

  #read(member: Member, plaintext: Uint8Array): Presenting | { readonly reason: string } {
    const { configuration, now } = this.#context;
    const { datagram: { octets }, opening } = member;
    const content = withoutPadding(opening, plaintext);
    const state = content && decodeTicketState(content);
    const ticketKey = configuration.ticketKeys.find(keyIdOf(opening.sealed));
    if (!state || !ticketKey) return { reason: "unknown-content" };
    const suite = sharedIkeSuiteOf(state.proposal);
    if (!suite || !isSuiteAllowed(suite, configuration)) return { reason: "algorithms" };
    const reason = wrongInItself(state, u64(octets, 0), now);
    if (reason !== undefined) return { reason };
    const ticketId = ticketIdOf(opening.sealed);
    const presented = { kind: "value", ticketId, state: { ...state, proposal: suite.proposal }, ticketKey } as const;
    return { member, presented, suite, plaintext };
  }

  #answer(presenting: readonly Presenting[], standings: readonly TicketStanding[], answers: (readonly Effect[])[]): void {
    const { whenFaulty } = this.#context;
    for (let index = 0; index < presenting.length; index++) {
      const { member: { place, datagram }, plaintext } = presenting[index];
      try {
        const reason = this.#refusalOf(presenting[index], standings[index]);
        if (reason === undefined) answers[place] = this.#accept(presenting[index]);
        else {
          wipe(plaintext);
          answers[place] = refusal(datagram, reason);
        }
      } catch (fault) {
        wipe(plaintext);
        answers[place] = whenFaulty(fault);
      }
    }
  }

  /** What the stores and policy have against a ticket, in the order in which the steps ask. */
  #refusalOf({ member, presented, suite }: Presenting, standing: TicketStanding): string | undefined {
    const { configuration, now, revokedIdentities, issued, services, spentTickets } = this.#context;
    const { datagram: { octets, remote }, request: { nonceStart, nonceEnd } } = member;
    const { ticketId, state, ticketKey } = presented;
    if (standing !== "good") {
      if (standing !== "store-down") spentTickets.add(ticketId, standing, now.monotonicMs);
      return standing;
    }
    if (revokedIdentities.has(state)) return "revoked";
    const reason = refusalOfResumption(state, remote, now, configuration);
    if (reason !== undefined) return reason;
    if (!atOnce(issued.credentials.isCurrent(state, ticketKey), services)) return "credential-changed";
    return isNonceLongEnough(octets.subarray(nonceStart, nonceEnd), suite) ? undefined : "nonce-too-short";
  }

  #accept({ member, presented, suite }: Presenting): Effect[] {
    const { first, random, fragmentBudget, messages, now } = this.#context;
    const { datagram, request, hash } = member;
    const { nonceStart, nonceEnd, knowsFragments } = request;
    const { octets } = datagram;
    const responderNonce = random(NONCE_LENGTH);
    const spis = { initiatorSpi: u64(octets, 0), responderSpi: newSpiAfter(presented, this.#context) };
    const cameBy = pathOf(datagram);
    const response = resumeResponse(datagram, spis, responderNonce, knowsFragments, messages);
    const next: AwaitingAuth = {
      waitsFor: "IKE_AUTH",
      sealed: { next: 0n },
      first: {
        spis,
        suite,
        nonces: noncePair(octets.subarray(nonceStart, nonceEnd), responderNonce),
        initiatorMessage: octets,
        responderMessage: response,
        nat: new NatWhenAsked(hashesOf(octets, request), spis, cameBy),
        cameBy,
        fragments: knowsFragments ? new FragmentBuffer(fragmentBudget) : undefined,
        keySource: { kind: "ticket", oldSkD: presented.state.skD },
      },
      presented,
    };
    return first.begin({ kind: "accepted", response, next }, octets, hash, datagram, now);
  }
}

const RESUME_HEADER = { exchangeType: ExchangeType.IKE_SESSION_RESUME };

function nameOf({ presented }: Presenting): TicketName {
  return ticketNameOf(presented);
}

function hashesOf(octets: Uint8Array, { sourceHash, destinationHash }: PlainResumeRequest): NatHashes {
  const hashAt = (start: number) => start === 0 ? undefined : octets.subarray(start, start + HASH_LENGTH);
  return { source: hashAt(sourceHash), destination: hashAt(destinationHash) };
}

/** N(TICKET_NACK), whatever is wrong (RFC 5723, section 4.3.2). */
function refusal(datagram: Datagram, reason: string): Effect[] {
  const request = { header: peekHeader(datagram.octets)!, payloads: [], octets: datagram.octets };
  const answer = refuseFirst(request, notify(NotifyType.TICKET_NACK), reason);
  if (answer.kind !== "refused") return [];
  return [reply(answer.response, datagram), { type: "ticket-refused", reason }];
}
