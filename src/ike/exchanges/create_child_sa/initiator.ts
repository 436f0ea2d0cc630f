/**
 * CREATE_CHILD_SA that rekeys an IKE SA, initiator's side (RFC 7296, section 1.3.2): what is offered, and what the answer makes of it.
 *
 * @module
 */
import { NotifyType } from "../../../wire/constants.ts";
import type { Payload, Proposal } from "../../../wire/payload.ts";
import { keysFromRekey } from "../../ike_sa/ike_sa_keys.ts";
import { noncePair } from "../../ike_sa/nonces.ts";
import { isAdditional } from "../../ike_sa/additional_key_exchange.ts";
import { isChosenFrom, offerIke, withoutAdditional } from "../../ike_sa/proposals.ts";
import { ikeSpiOctets, ikeSpiOf, newIkeSpi } from "../../ike_sa/spi.ts";
import { ikeSuiteOf } from "../../ike_sa/suite.ts";
import { findErrorNotify, findNotify, findPayload } from "../../message/notify.ts";
import type { Established, RekeyAttempt } from "../../states/established.ts";
import { type FollowupAttempt, type IkeSaInMaking, wipeFollowup } from "../../states/followup.ts";
import { isNonceLongEnough, NONCE_LENGTH } from "../../states/first_exchange.ts";
import { agree, generateKeyPair, type Step } from "../../steps/step.ts";
import type { EstablishedContext } from "../established_context.ts";
import { firstFollowup, judgeFollowup } from "../ike_followup_ke/initiator.ts";
import { lowestOf, newIkeSa, withoutSpi } from "./new_ike_sa.ts";

/** Each group is asked for once at most; a peer that goes on asking gets no further offer. */
const MAXIMUM_RETRIES = 3;

/** A new SPI, a new nonce, and a value for the group that the peer is known to accept, if it is still offered. */
export function* newRekeyAttempt(state: Established, context: EstablishedContext): Step<RekeyAttempt> {
  const groups = offeredGroups(context);
  const group = groups.includes(state.suite.group.id) ? state.suite.group.id : groups[0];
  const spi = newIkeSpi(context.random, context.spiWorker);
  // Its peer has shown that it knows them. Of others nobody knows: the keys rest on the old ones in any case.
  const knowsThem = state.suite.additional.length > 0;
  const ours = knowsThem ? context.ikeProposals : withoutAdditional(context.ikeProposals);
  const proposals = offerIke(ours, ikeSpiOctets(spi));
  return { spi, nonce: context.random(NONCE_LENGTH), pair: yield* generateKeyPair(group), proposals, retries: 0 };
}

/**
 * SA, Ni, KEi (RFC 4718, section 5.12: an IKE SA is never rekeyed without Diffie-Hellman), and the client's wish for a ticket: beside additional key
 * exchanges it asks on the new IKE SA, because its keys are not there when this is answered.
 */
export function rekeyPayloads({ proposals, nonce, pair }: RekeyAttempt, { tickets }: EstablishedContext): Payload[] {
  return [
    { type: "SA", proposals },
    { type: "Nonce", nonce },
    { type: "KE", group: pair.group, keyExchangeData: pair.publicValue },
    ...(tickets?.requestTicket && !offersAdditional(proposals) ? [tickets.profile.notifies.request] : []),
  ];
}

/** Whether additional key exchanges may follow, and the ticket is asked for behind them. */
export function offersAdditional(proposals: readonly Proposal[]): boolean {
  return proposals.some(({ transforms }) => transforms.some(({ transformType }) => isAdditional(transformType)));
}

/** What the answer to an offer led to. */
export type RekeyOutcome =
  | { readonly kind: "made"; readonly created: Established; readonly lowestNonce: Uint8Array }
  /** Additional key exchanges follow. */
  | { readonly kind: "further"; readonly attempt: RekeyAttempt; readonly lowestNonce: Uint8Array }
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
  const { followup: before } = attempt;
  if (before) {
    const outcome = yield* judgeFollowup(before, payloads);
    if (outcome.kind === "refused") wipeFollowup(before);
    if (outcome.kind === "over") return yield* madeOf(state, before.making, outcome.secrets, context);
    return outcome.kind === "refused" ? outcome : further(attempt, outcome.followup);
  }
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
  const making = { kind: "ike", suite, spis, nonces } as const;
  if (suite.additional.length === 0) return yield* madeOf(state, making, [sharedSecret], context);
  const followup = yield* firstFollowup(making, suite.additional, sharedSecret, payloads);
  return followup ? further(attempt, followup) : malformed;
}

function* madeOf(
  state: Established,
  { suite, spis, nonces }: IkeSaInMaking,
  [sharedSecret, ...others]: readonly Uint8Array[],
  context: EstablishedContext,
): Step<RekeyOutcome> {
  const keys = yield* keysFromRekey(state, suite, sharedSecret, nonces, spis, others);
  return {
    kind: "made",
    created: newIkeSa(state, { role: "initiator", spis, suite, keys }, context),
    lowestNonce: lowestOf(nonces),
  };
}

function further(attempt: RekeyAttempt, followup: FollowupAttempt<IkeSaInMaking>): RekeyOutcome {
  return { kind: "further", attempt: { ...attempt, followup }, lowestNonce: lowestOf(followup.making.nonces) };
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
