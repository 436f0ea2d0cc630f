/**
 * CREATE_CHILD_SA that rekeys an IKE SA, responder's side (RFC 7296, section 1.3.2).
 *
 * @module
 */
import { wipeKeyPair } from "../../../crypto/key_exchange.ts";
import { NotifyType, ProtocolId } from "../../../wire/constants.ts";
import type { Payload } from "../../../wire/payload.ts";
import { keysFromRekey } from "../../ike_sa/ike_sa_keys.ts";
import { noncePair } from "../../ike_sa/nonces.ts";
import { chooseIkeFor, withoutAdditional } from "../../ike_sa/proposals.ts";
import { ikeSpiOctets, ikeSpiOf, newIkeSpi } from "../../ike_sa/spi.ts";
import { ikeSuiteOf } from "../../ike_sa/suite.ts";
import { findPayload, notify } from "../../message/notify.ts";
import { profileOfRequest } from "../../profiles/resumption_profile.ts";
import type { CrossingRekey, Established } from "../../states/established.ts";
import { awaiting, FOLLOWUP_WAIT_MS, type IkeSaInMaking, withoutAwaited } from "../../states/followup.ts";
import { isNonceLongEnough, NONCE_LENGTH } from "../../states/first_exchange.ts";
import type { Instant } from "../../steps/instant.ts";
import { agree, generateKeyPair, type Step } from "../../steps/step.ts";
import { type TicketAnswer, ticketRefusal } from "../../tickets/ticket_request.ts";
import type { EstablishedContext } from "../established_context.ts";
import { linkNotify, newLink } from "../ike_followup_ke/link.ts";
import { isClosing } from "../requests.ts";
import { lowestOf, newIkeSa, withoutSpi } from "./new_ike_sa.ts";

/** The answer to a request to rekey the IKE SA. */
export interface RekeyAnswer extends TicketAnswer {
  /** What was made; missing in a refusal, and where additional key exchanges come first. */
  readonly made?: CrossingRekey;
  /** The IKE SA as it is then, where that is another. */
  readonly next?: Established;
}

/** Whether a CREATE_CHILD_SA request is for an IKE SA. */
export function isIkeRekey(payloads: readonly Payload[]): boolean {
  return findPayload(payloads, "SA")?.proposals.some(({ protocolId }) => protocolId === ProtocolId.IKE) ?? false;
}

/**
 * SA, Ni, KEi [, N(TICKET_REQUEST)] → SA, Nr, KEr [, N(ADDITIONAL_KEY_EXCHANGE)] [, N(TICKET_LT_OPAQUE)]. The peer is the original initiator of the new IKE SA
 * (RFC 4718, section 5.9). An IKE SA that this end is about to delete is not rekeyed, nor one on which it is making, rekeying or deleting a Child
 * SA (RFC 7296, section 2.25).
 */
export function* answerRekey(
  state: Established,
  payloads: readonly Payload[],
  now: Instant,
  context: EstablishedContext,
): Step<RekeyAnswer> {
  const refuse = (notifyType: number, data?: Uint8Array): RekeyAnswer => ({
    payloads: [notify(notifyType, data), ...ticketRefusal(payloads, context.servedProfiles)],
    effects: [],
  });
  const { outstanding } = state.sendWindow;
  // This end's own has won already, or is the only one: the other end has not heard of it (RFC 9370, section 2.2.4).
  const isBusy = outstanding?.purpose === "child" || outstanding?.rekey?.followup !== undefined;
  if (state.retiredUntilMs !== undefined || isBusy || state.crossing || isClosing(state)) {
    return refuse(NotifyType.TEMPORARY_FAILURE);
  }
  const offer = findPayload(payloads, "SA");
  const keyExchange = findPayload(payloads, "KE");
  const initiatorNonce = findPayload(payloads, "Nonce")?.nonce;
  // Never without Diffie-Hellman: RFC 4718, section 5.12.
  if (!offer || !keyExchange || !initiatorNonce) return refuse(NotifyType.INVALID_SYNTAX);
  const responderSpi = newIkeSpi(context.random, context.spiWorker);
  // The keys rest on those of the old one: it is the peer's to say whether there are additional key exchanges anew.
  const ours = new Set([...context.ikeProposals, ...withoutAdditional(context.ikeProposals)]);
  const chosen = chooseIkeFor(keyExchange.group, offer.proposals, [...ours], ikeSpiOctets(responderSpi));
  const suite = chosen && ikeSuiteOf(withoutSpi(chosen));
  if (!chosen || !suite) return refuse(NotifyType.NO_PROPOSAL_CHOSEN);
  const { id: group, publicValueLength } = suite.group;
  if (group !== keyExchange.group) return refuse(NotifyType.INVALID_KE_PAYLOAD, Uint8Array.of(group >> 8, group & 0xff));
  const initiatorSpi = ikeSpiOf(offer.proposals.find(({ number }) => number === chosen.number)!.spi);
  const wellFormed = initiatorSpi !== undefined && keyExchange.keyExchangeData.length === publicValueLength &&
    isNonceLongEnough(initiatorNonce.length, suite);
  if (!wellFormed) return refuse(NotifyType.INVALID_SYNTAX);

  const pair = yield* generateKeyPair(group);
  const sharedSecret = yield* agree({ pair, peerPublicValue: keyExchange.keyExchangeData });
  wipeKeyPair(pair);
  if (sharedSecret === undefined) return refuse(NotifyType.INVALID_SYNTAX);
  const spis = { initiatorSpi, responderSpi };
  const responderNonce = context.random(NONCE_LENGTH);
  const nonces = noncePair(initiatorNonce, responderNonce);
  const making = { kind: "ike", suite, spis, nonces } as const;
  const lowestNonce = lowestOf(nonces);
  const answer: Payload[] = [
    { type: "SA", proposals: [chosen] },
    { type: "Nonce", nonce: responderNonce },
    { type: "KE", group, keyExchangeData: pair.publicValue },
  ];
  if (suite.additional.length > 0) {
    const link = newLink(context.random);
    const awaited = {
      making,
      methods: suite.additional,
      secrets: [sharedSecret],
      link,
      lowestNonce,
      expiresAtMs: now.monotonicMs + FOLLOWUP_WAIT_MS,
    };
    // A peer that begins anew has given up what it had begun.
    const next = awaiting(withoutAwaited(state, (one) => one.making.kind === "ike"), awaited);
    return { payloads: [...answer, linkNotify(link), ...ticketPutOff(payloads, context)], effects: [], next };
  }
  const successor = yield* ikeSaForPeer(state, making, [sharedSecret], context);
  const ticket = context.grantTicket && (yield* context.grantTicket(payloads, successor, answer));
  return {
    effects: [],
    ...ticket,
    payloads: [...answer, ...(ticket?.payloads ?? [])],
    made: { successor, lowestNonce },
  };
}

/** The IKE SA that the peer has offered, once all of its key exchanges are over. Wipes the secrets. */
export function* ikeSaForPeer(
  state: Established,
  { suite, spis, nonces }: IkeSaInMaking,
  [sharedSecret, ...further]: readonly Uint8Array[],
  context: EstablishedContext,
): Step<Established> {
  const keys = yield* keysFromRekey(state, suite, sharedSecret, nonces, spis, further);
  return newIkeSa(state, { role: "responder", spis, suite, keys }, context);
}

/** A ticket rests on SK_d, which is not there yet: TICKET_ACK has the client ask on the new IKE SA (RFC 5723, section 4.1). */
function ticketPutOff(payloads: readonly Payload[], { issuesTickets, servedProfiles }: EstablishedContext): Payload[] {
  const profile = issuesTickets ? profileOfRequest(servedProfiles, payloads) : undefined;
  return profile ? [profile.notifies.ack] : ticketRefusal(payloads, servedProfiles);
}
