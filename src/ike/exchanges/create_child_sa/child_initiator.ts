/**
 * CREATE_CHILD_SA for a Child SA, initiator's side (RFC 7296, sections 1.3.1 and 1.3.3): what is offered, and what the answer makes of it.
 *
 * @module
 */
import { NotifyType, ProtocolId } from "../../../wire/constants.ts";
import type { Payload } from "../../../wire/payload.ts";
import type { ChildSa } from "../../child_sa/child_sa.ts";
import { agreedTraits, offeredTraits, type WantedTraits } from "../../child_sa/child_sa_traits.ts";
import { isNarrowedFrom } from "../../child_sa/traffic_selectors.ts";
import { groupOf, offerChild, offeredChildGroups } from "../../ike_sa/child_proposals.ts";
import { noncePair } from "../../ike_sa/nonces.ts";
import { isChosenFrom } from "../../ike_sa/proposals.ts";
import { espSpiOctets, espSpiOf, isEspSpi } from "../../ike_sa/spi.ts";
import { additionalOf, espSuiteOf } from "../../ike_sa/suite.ts";
import { findErrorNotify, findNotify, findPayload, notify } from "../../message/notify.ts";
import { type ChildCreation, childSaOf, type CreationTask, type RekeyTask } from "../../states/child_affairs.ts";
import type { Established } from "../../states/established.ts";
import { type ChildSaInMaking, type FollowupAttempt, wipeFollowup } from "../../states/followup.ts";
import { isNonceLongEnough, NONCE_LENGTH } from "../../states/first_exchange.ts";
import { agree, generateKeyPair, type Step } from "../../steps/step.ts";
import type { EstablishedContext } from "../established_context.ts";
import { firstFollowup, judgeFollowup } from "../ike_followup_ke/initiator.ts";
import { newChildSa, newChildSpi } from "./new_child_sa.ts";
import { lowestOf } from "./new_ike_sa.ts";

/** A group that the peer asks for is tried once (RFC 4718, section 4.1). */
const MAXIMUM_RETRIES = 1;

/** A new SPI and a new nonce; a value of the first group, where perfect forward secrecy is wanted. */
export function* newCreation(
  state: Established,
  task: CreationTask | RekeyTask,
  { random, childSas }: EstablishedContext,
): Step<ChildCreation> {
  const old = task.kind === "rekey" ? childSaOf(state, task.inboundSpi) : undefined;
  const { localSelectors, remoteSelectors } = old ?? task as CreationTask;
  const inboundSpi = newChildSpi(state, random);
  const proposals = offerChild(childSas.espProposals, espSpiOctets(inboundSpi));
  const [group] = offeredChildGroups(childSas.espProposals);
  return {
    kind: "creation",
    task,
    inboundSpi,
    nonce: random(NONCE_LENGTH),
    ...(group !== undefined && { pair: yield* generateKeyPair(group) }),
    proposals,
    traits: traitsFor(state, old, childSas.rules),
    localSelectors,
    remoteSelectors,
    retries: 0,
    denied: [],
  };
}

/** Rekeying changes no mode. A gateway grants transport mode, and asks for it only where there was such before. */
function traitsFor({ side }: Established, old: ChildSa | undefined, rules: WantedTraits): WantedTraits {
  const { tfcPadding, nonFirstFragments } = rules;
  const transportMode = old ? old.transportMode === true : rules.transportMode && side === "client";
  return { transportMode, tfcPadding, nonFirstFragments };
}

/** [N(REKEY_SA),] [N+,] SA, Ni, [KEi,] TSi, TSr. */
export function creationPayloads(
  { task, nonce, pair, proposals, traits, localSelectors, remoteSelectors }: ChildCreation,
): Payload[] {
  return [
    ...(task.kind === "rekey"
      ? [{ ...notify(NotifyType.REKEY_SA), protocolId: ProtocolId.ESP, spi: espSpiOctets(task.inboundSpi) }]
      : []),
    ...offeredTraits(traits),
    { type: "SA", proposals },
    { type: "Nonce", nonce },
    ...(pair ? [{ type: "KE", group: pair.group, keyExchangeData: pair.publicValue } as const] : []),
    { type: "TSi", selectors: localSelectors },
    { type: "TSr", selectors: remoteSelectors },
  ];
}

/** What the answer to an offer led to. */
export type CreationOutcome =
  | { readonly kind: "made"; readonly childSa: ChildSa; readonly lowestNonce: Uint8Array }
  /** Additional key exchanges follow. */
  | { readonly kind: "further"; readonly attempt: ChildCreation; readonly lowestNonce: Uint8Array }
  /** The peer wants another group: the next attempt. */
  | { readonly kind: "another-group"; readonly attempt: ChildCreation }
  | { readonly kind: "refused"; readonly notifyType: number };

/** An authentic answer; `payloads` is undefined where it does not decode, or breaks the rules of its exchange. */
export function* judgeCreation(
  state: Established,
  attempt: ChildCreation,
  payloads: readonly Payload[] | undefined,
  context: EstablishedContext,
): Step<CreationOutcome> {
  const refused = (notifyType: number): CreationOutcome => ({ kind: "refused", notifyType });
  const malformed = refused(NotifyType.INVALID_SYNTAX);
  const { followup: before } = attempt;
  if (before) {
    const outcome = yield* judgeFollowup(before, payloads);
    if (outcome.kind === "refused") wipeFollowup(before);
    if (outcome.kind === "over") return yield* madeOf(state, before.making, outcome.secrets);
    return outcome.kind === "refused" ? outcome : further(attempt, outcome.followup);
  }
  if (payloads === undefined) return malformed;
  const wrongGroup = findNotify(payloads, NotifyType.INVALID_KE_PAYLOAD);
  if (wrongGroup) return yield* withAnotherGroup(attempt, wrongGroup.data, context);
  const error = findErrorNotify(payloads);
  if (error) return refused(error.notifyType);

  const answer = findPayload(payloads, "SA");
  const responderNonce = findPayload(payloads, "Nonce")?.nonce;
  const localSelectors = findPayload(payloads, "TSi")?.selectors;
  const remoteSelectors = findPayload(payloads, "TSr")?.selectors;
  const keyExchange = findPayload(payloads, "KE");
  if (!answer || !responderNonce || !localSelectors || !remoteSelectors) return malformed;
  // What was not offered is not accepted, whoever proposes it (RFC 7296, sections 2.9 and 3.3.6).
  if (!isChosenFrom(answer.proposals, attempt.proposals)) return refused(NotifyType.NO_PROPOSAL_CHOSEN);
  const [proposal] = answer.proposals;
  const suite = espSuiteOf(proposal);
  const outboundSpi = espSpiOf(proposal.spi);
  const { pair, nonce: initiatorNonce, inboundSpi } = attempt;
  if (!suite || outboundSpi === undefined || !isEspSpi(proposal.spi)) return refused(NotifyType.NO_PROPOSAL_CHOSEN);
  const methods = additionalOf(proposal);
  if (groupOf(proposal) !== pair?.group || methods === undefined) return refused(NotifyType.NO_PROPOSAL_CHOSEN);
  const isTaken = state.childSas.some((childSa) => childSa.outboundSpi === outboundSpi);
  if (isTaken || !isNonceLongEnough(responderNonce.length, state.suite) || pair?.group !== keyExchange?.group) return malformed;
  const withinOffer = isNarrowedFrom(localSelectors, attempt.localSelectors) &&
    isNarrowedFrom(remoteSelectors, attempt.remoteSelectors);
  if (!withinOffer) return refused(NotifyType.TS_UNACCEPTABLE);

  const sharedSecret = pair && (yield* agree({ pair, peerPublicValue: keyExchange!.keyExchangeData }));
  if (pair && sharedSecret === undefined) return malformed;
  const making = {
    kind: "child",
    role: "initiator",
    inboundSpi,
    outboundSpi,
    suite,
    nonces: noncePair(initiatorNonce, responderNonce),
    localSelectors,
    remoteSelectors,
    traits: agreedTraits(payloads, attempt.traits),
  } as const;
  if (sharedSecret === undefined || methods.length === 0) {
    return yield* madeOf(state, making, sharedSecret ? [sharedSecret] : []);
  }
  const followup = yield* firstFollowup(making, methods, sharedSecret, payloads);
  return followup ? further(attempt, followup) : malformed;
}

function* madeOf(state: Established, making: ChildSaInMaking, secrets: readonly Uint8Array[]): Step<CreationOutcome> {
  return { kind: "made", childSa: yield* newChildSa(state, making, secrets), lowestNonce: lowestOf(making.nonces) };
}

function further(attempt: ChildCreation, followup: FollowupAttempt<ChildSaInMaking>): CreationOutcome {
  return { kind: "further", attempt: { ...attempt, followup }, lowestNonce: lowestOf(followup.making.nonces) };
}

/** INVALID_KE_PAYLOAD names a group in two octets: only another one of those offered will do. */
function* withAnotherGroup(
  attempt: ChildCreation,
  data: Uint8Array,
  { childSas: { espProposals } }: EstablishedContext,
): Step<CreationOutcome> {
  const group = data.length === 2 ? data[0] << 8 | data[1] : 0;
  const isOffered = attempt.pair && group !== attempt.pair.group && offeredChildGroups(espProposals).includes(group);
  if (!isOffered || attempt.retries === MAXIMUM_RETRIES) {
    return { kind: "refused", notifyType: NotifyType.INVALID_KE_PAYLOAD };
  }
  return { kind: "another-group", attempt: { ...attempt, pair: yield* generateKeyPair(group), retries: attempt.retries + 1 } };
}
