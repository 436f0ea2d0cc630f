/**
 * CREATE_CHILD_SA that rekeys an IKE SA, initiator's side (RFC 7296, section 1.3.2): what is offered, and what the answer makes of it.
 *
 * @module
 */
import { NotifyType } from "../../../wire/constants.ts";
import type { Payload } from "../../../wire/payload.ts";
import { keysFromRekey, noncePair } from "../../ike_sa/ike_sa_keys.ts";
import { isChosenFrom, offerIke } from "../../ike_sa/proposals.ts";
import { ikeSpiOctets, ikeSpiOf, newIkeSpi } from "../../ike_sa/spi.ts";
import { ikeSuiteOf } from "../../ike_sa/suite.ts";
import { findErrorNotify, findNotify, findPayload } from "../../message/notify.ts";
import type { Established, RekeyAttempt } from "../../states/established.ts";
import { isNonceLongEnough, NONCE_LENGTH } from "../../states/first_exchange.ts";
import { agree, generateKeyPair, type Step } from "../../steps/step.ts";
import type { EstablishedContext } from "../established_context.ts";
import { lowerNonce, newIkeSa, withoutSpi } from "./new_ike_sa.ts";

/** Each group is asked for once at most; a peer that goes on asking gets no further offer. */
const MAXIMUM_RETRIES = 3;

/** A new SPI, a new nonce, and a value for the group that the peer is known to accept, if it is still offered. */
export function* newRekeyAttempt(state: Established, context: EstablishedContext): Step<RekeyAttempt> {
  const groups = offeredGroups(context);
  const group = groups.includes(state.suite.group.id) ? state.suite.group.id : groups[0];
  const spi = newIkeSpi(context.random, context.spiWorker);
  const proposals = offerIke(context.ikeProposals, ikeSpiOctets(spi));
  return { spi, nonce: context.random(NONCE_LENGTH), pair: yield* generateKeyPair(group), proposals, retries: 0 };
}

/** SA, Ni, KEi (RFC 4718, section 5.12: an IKE SA is never rekeyed without Diffie-Hellman), and the client's wish for a ticket. */
export function rekeyPayloads({ proposals, nonce, pair }: RekeyAttempt, { tickets }: EstablishedContext): Payload[] {
  return [
    { type: "SA", proposals },
    { type: "Nonce", nonce },
    { type: "KE", group: pair.group, keyExchangeData: pair.publicValue },
    ...(tickets?.requestTicket ? [tickets.profile.notifies.request] : []),
  ];
}

/** What the answer to an offer led to. */
export type RekeyOutcome =
  | { readonly kind: "made"; readonly created: Established; readonly lowestNonce: Uint8Array }
  /** The peer wants another group: the next attempt. */
  | { readonly kind: "another-group"; readonly attempt: RekeyAttempt }
  | { readonly kind: "refused"; readonly notifyType: number };

/** An authentic answer; `payloads` is undefined where it does not decode, or breaks the rules of its exchange. */
export function* judgeRekeyAnswer(
  state: Established,
  attempt: RekeyAttempt,
  payloads: readonly Payload[] | undefined,
  context: EstablishedContext,
): Step<RekeyOutcome> {
  const malformed: RekeyOutcome = { kind: "refused", notifyType: NotifyType.INVALID_SYNTAX };
  if (payloads === undefined) return malformed;
  const wrongGroup = findNotify(payloads, NotifyType.INVALID_KE_PAYLOAD);
  if (wrongGroup) return yield* withAnotherGroup(attempt, wrongGroup.data, context);
  const error = findErrorNotify(payloads);
  if (error) return { kind: "refused", notifyType: error.notifyType };
  const answer = findPayload(payloads, "SA");
  const keyExchange = findPayload(payloads, "KE");
  const responderNonce = findPayload(payloads, "Nonce")?.nonce;
  if (!answer || !keyExchange || !responderNonce || !isChosenFrom(answer.proposals, attempt.proposals)) return malformed;
  const suite = ikeSuiteOf(withoutSpi(answer.proposals[0]));
  const responderSpi = ikeSpiOf(answer.proposals[0].spi);
  const { pair, nonce: initiatorNonce } = attempt;
  if (!suite || responderSpi === undefined || !isNonceLongEnough(responderNonce.length, suite)) return malformed;
  if (suite.group.id !== pair.group || keyExchange.group !== pair.group) return malformed;
  const sharedSecret = yield* agree({ pair, peerPublicValue: keyExchange.keyExchangeData });
  if (sharedSecret === undefined) return malformed;
  const spis = { initiatorSpi: attempt.spi, responderSpi };
  const nonces = noncePair(initiatorNonce, responderNonce);
  const keys = yield* keysFromRekey(state, suite, sharedSecret, nonces, spis);
  return {
    kind: "made",
    created: newIkeSa(state, { role: "initiator", spis, suite, keys }, context),
    lowestNonce: lowerNonce(initiatorNonce, responderNonce),
  };
}

/** INVALID_KE_PAYLOAD names a group in two octets: only another one of those offered will do. */
function* withAnotherGroup(attempt: RekeyAttempt, data: Uint8Array, context: EstablishedContext): Step<RekeyOutcome> {
  const group = data.length === 2 ? data[0] << 8 | data[1] : 0;
  const isOffered = group !== attempt.pair.group && offeredGroups(context).includes(group);
  if (!isOffered || attempt.retries === MAXIMUM_RETRIES) {
    return { kind: "refused", notifyType: NotifyType.INVALID_KE_PAYLOAD };
  }
  const pair = yield* generateKeyPair(group);
  return { kind: "another-group", attempt: { ...attempt, pair, retries: attempt.retries + 1 } };
}

/** The groups on offer, in order of preference. */
function offeredGroups({ ikeProposals }: EstablishedContext): number[] {
  return ikeProposals.flatMap(({ groups }) => groups.map(({ id }) => id));
}
