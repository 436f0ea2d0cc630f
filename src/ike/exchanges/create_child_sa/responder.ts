/**
 * CREATE_CHILD_SA that rekeys an IKE SA, responder's side (RFC 7296, section 1.3.2).
 *
 * @module
 */
import { wipeKeyPair } from "../../../crypto/key_exchange.ts";
import { NotifyType, ProtocolId } from "../../../wire/constants.ts";
import type { Payload } from "../../../wire/payload.ts";
import { keysFromRekey, noncePair } from "../../ike_sa/ike_sa_keys.ts";
import { chooseIkeFor } from "../../ike_sa/proposals.ts";
import { ikeSpiOctets, ikeSpiOf, newIkeSpi } from "../../ike_sa/spi.ts";
import { ikeSuiteOf } from "../../ike_sa/suite.ts";
import { findPayload, notify } from "../../message/notify.ts";
import type { CrossingRekey, Established } from "../../states/established.ts";
import { isNonceLongEnough, NONCE_LENGTH } from "../../states/first_exchange.ts";
import { agree, generateKeyPair, type Step } from "../../steps/step.ts";
import { type TicketAnswer, ticketRefusal } from "../../tickets/ticket_request.ts";
import type { EstablishedContext } from "../established_context.ts";
import { isClosing } from "../requests.ts";
import { lowerNonce, newIkeSa, withoutSpi } from "./new_ike_sa.ts";

/** The answer to a request to rekey the IKE SA. */
export interface RekeyAnswer extends TicketAnswer {
  /** What was made; missing in a refusal. */
  readonly made?: CrossingRekey;
}

/** Whether a CREATE_CHILD_SA request is for an IKE SA. */
export function isIkeRekey(payloads: readonly Payload[]): boolean {
  return findPayload(payloads, "SA")?.proposals.some(({ protocolId }) => protocolId === ProtocolId.IKE) ?? false;
}

/**
 * SA, Ni, KEi [, N(TICKET_REQUEST)] → SA, Nr, KEr [, N(TICKET_LT_OPAQUE)]. The peer is the original initiator of the new IKE SA
 * (RFC 4718, section 5.9). An IKE SA that this end is about to delete is not rekeyed, nor one on which it is making, rekeying or deleting a Child
 * SA (RFC 7296, section 2.25).
 */
export function* answerRekey(
  state: Established,
  payloads: readonly Payload[],
  context: EstablishedContext,
): Step<RekeyAnswer> {
  const refuse = (notifyType: number, data?: Uint8Array): RekeyAnswer => ({
    payloads: [notify(notifyType, data), ...ticketRefusal(payloads, context.servedProfiles)],
    effects: [],
  });
  const isBusy = state.sendWindow.outstanding?.purpose === "child";
  if (state.retiredUntilMs !== undefined || isBusy || state.crossing || isClosing(state)) {
    return refuse(NotifyType.TEMPORARY_FAILURE);
  }
  const offer = findPayload(payloads, "SA");
  const keyExchange = findPayload(payloads, "KE");
  const initiatorNonce = findPayload(payloads, "Nonce")?.nonce;
  // Never without Diffie-Hellman: RFC 4718, section 5.12.
  if (!offer || !keyExchange || !initiatorNonce) return refuse(NotifyType.INVALID_SYNTAX);
  const responderSpi = newIkeSpi(context.random, context.spiWorker);
  const chosen = chooseIkeFor(keyExchange.group, offer.proposals, context.ikeProposals, ikeSpiOctets(responderSpi));
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
  const keys = yield* keysFromRekey(state, suite, sharedSecret, nonces, spis);
  const successor = newIkeSa(state, { role: "responder", spis, suite, keys }, context);
  const answer: Payload[] = [
    { type: "SA", proposals: [chosen] },
    { type: "Nonce", nonce: responderNonce },
    { type: "KE", group, keyExchangeData: pair.publicValue },
  ];
  const ticket = context.grantTicket && (yield* context.grantTicket(payloads, successor, answer));
  return {
    effects: [],
    ...ticket,
    payloads: [...answer, ...(ticket?.payloads ?? [])],
    made: { successor, lowestNonce: lowerNonce(nonces.initiatorNonce, nonces.responderNonce) },
  };
}
