/**
 * CREATE_CHILD_SA for a Child SA, responder's side: an additional one, or one in the place of another (RFC 7296, sections 1.3.1 and 1.3.3).
 *
 * @module
 */
import { wipeKeyPair } from "../../../crypto/key_exchange.ts";
import { groupById } from "../../../crypto/registry.ts";
import { NotifyType, ProtocolId } from "../../../wire/constants.ts";
import type { NotifyPayload, Payload, TrafficSelector } from "../../../wire/payload.ts";
import type { ChildSa } from "../../child_sa/child_sa.ts";
import { agreedTraits, grantable, grantedTraits } from "../../child_sa/child_sa_traits.ts";
import { narrow } from "../../child_sa/traffic_selectors.ts";
import { chooseChild } from "../../ike_sa/child_proposals.ts";
import { noncePair } from "../../ike_sa/nonces.ts";
import { espSpiOctets, espSpiOf } from "../../ike_sa/spi.ts";
import { additionalOf, espSuiteOf } from "../../ike_sa/suite.ts";
import { findPayload, notify } from "../../message/notify.ts";
import { isBeingClosed, type WantedTraffic } from "../../states/child_affairs.ts";
import type { Effect } from "../../states/effect.ts";
import type { Established } from "../../states/established.ts";
import { awaiting, FOLLOWUP_WAIT_MS, withoutAwaited } from "../../states/followup.ts";
import { encapsulatesEspOf } from "../../states/peer_path.ts";
import { isNonceLongEnough, NONCE_LENGTH } from "../../states/first_exchange.ts";
import type { Instant } from "../../steps/instant.ts";
import { agree, generateKeyPair, type Step } from "../../steps/step.ts";
import type { EstablishedContext } from "../established_context.ts";
import { moreNotify } from "../ike_auth/remote_selectors.ts";
import { linkNotify, newLink } from "../ike_followup_ke/link.ts";
import { isClosing } from "../requests.ts";
import { crossed, hasRoom, madeForPeer, withCreation } from "./child_for_peer.ts";
import { newChildSpi } from "./new_child_sa.ts";
import { lowestOf } from "./new_ike_sa.ts";

/** What a request for a Child SA comes to. */
export interface ChildAnswer {
  readonly payloads: readonly Payload[];
  readonly next: Established;
  readonly effects: readonly Effect[];
}

/**
 * [N(REKEY_SA),] [N+,] SA, Ni, [KEi,] TSi, TSr → [N+,] SA, Nr, [KEr,] TSi, TSr [, N(ADDITIONAL_TS_POSSIBLE)] [, N(ADDITIONAL_KEY_EXCHANGE)]. While this end has begun something
 * that the request would meddle with, the answer is TEMPORARY_FAILURE (RFC 7296, section 2.25).
 */
export function* answerChild(
  state: Established,
  payloads: readonly Payload[],
  now: Instant,
  context: EstablishedContext,
): Step<ChildAnswer> {
  const { random, childSas: { rules, espProposals, accepted } } = context;
  const refuse = (notifyType: number, data?: Uint8Array): ChildAnswer => refusal(state, notify(notifyType, data));
  const isRekeying = state.sendWindow.outstanding?.purpose === "rekey";
  if (state.retiredUntilMs !== undefined || isRekeying || isClosing(state)) return refuse(NotifyType.TEMPORARY_FAILURE);

  const rekeying = payloads.filter((payload): payload is NotifyPayload =>
    payload.type === "N" && payload.notifyType === NotifyType.REKEY_SA
  );
  const offer = findPayload(payloads, "SA");
  const keyExchange = findPayload(payloads, "KE");
  const initiatorNonce = findPayload(payloads, "Nonce")?.nonce;
  const theirs = findPayload(payloads, "TSi")?.selectors;
  const ours = findPayload(payloads, "TSr")?.selectors;
  const isWhole = rekeying.length <= 1 && offer && initiatorNonce && theirs && ours &&
    isNonceLongEnough(initiatorNonce.length, state.suite);
  if (!isWhole) return refuse(NotifyType.INVALID_SYNTAX);

  const [named] = rekeying;
  const old = named && childSaNamed(state, named);
  if (named && old === undefined) {
    const { protocolId, spi } = named;
    return refusal(denying(state, spi), { ...notify(NotifyType.CHILD_SA_NOT_FOUND), protocolId, spi });
  }
  if (old && (isBeingClosed(state, old.inboundSpi) || isGoneOnWith(state, old))) return refuse(NotifyType.TEMPORARY_FAILURE);
  if (named === undefined && isRemaking(state, ours, theirs)) return refuse(NotifyType.TEMPORARY_FAILURE);
  if (!hasRoom(state, old, rules.limit)) return refuse(NotifyType.NO_ADDITIONAL_SAS);

  const inboundSpi = newChildSpi(state, random);
  const choice = chooseChild(offer.proposals, espProposals, espSpiOctets(inboundSpi), keyExchange?.group, accepted);
  const suite = choice && espSuiteOf(choice.proposal);
  const methods = choice && additionalOf(choice.proposal);
  if (!choice || !suite || !methods) return refuse(NotifyType.NO_PROPOSAL_CHOSEN);
  const { group, proposal } = choice;
  if (group !== undefined && group !== keyExchange?.group) {
    return refuse(NotifyType.INVALID_KE_PAYLOAD, Uint8Array.of(group >> 8, group & 0xff));
  }
  const outboundSpi = espSpiOf(offer.proposals.find(({ number }) => number === proposal.number)!.spi);
  const isTaken = state.childSas.some((childSa) => childSa.outboundSpi === outboundSpi);
  const isValueRight = group === undefined || keyExchange?.keyExchangeData.length === groupById(group)?.publicValueLength;
  if (outboundSpi === undefined || isTaken || !isValueRight) return refuse(NotifyType.INVALID_SYNTAX);

  const selectors = yield* selectorsFor(state, old, { theirs, ours }, context);
  if (selectors === undefined) return refuse(NotifyType.TS_UNACCEPTABLE);
  const pair = group === undefined ? undefined : yield* generateKeyPair(group);
  const sharedSecret = pair && (yield* agree({ pair, peerPublicValue: keyExchange!.keyExchangeData }));
  if (pair) wipeKeyPair(pair);
  if (pair && sharedSecret === undefined) return refuse(NotifyType.INVALID_SYNTAX);

  const responderNonce = random(NONCE_LENGTH);
  const nonces = noncePair(initiatorNonce, responderNonce);
  const mayBeTransport = rules.transportMode && (old === undefined || old.transportMode === true);
  const wanted = grantable({ ...rules, transportMode: mayBeTransport }, encapsulatesEspOf(state));
  const traits = agreedTraits(payloads, wanted);
  const { localSelectors, remoteSelectors } = selectors;
  const agreed = {
    making: { kind: "child", role: "responder", inboundSpi, outboundSpi, suite, nonces, ...selectors, traits },
    secrets: sharedSecret ? [sharedSecret] : [],
    old: old?.inboundSpi,
    lowestNonce: lowestOf(nonces),
  } as const;
  const answer: Payload[] = [
    ...grantedTraits(traits, wanted),
    { type: "SA", proposals: [proposal] },
    { type: "Nonce", nonce: responderNonce },
    ...(pair ? [{ type: "KE", group: pair.group, keyExchangeData: pair.publicValue } as const] : []),
    { type: "TSi", selectors: remoteSelectors },
    { type: "TSr", selectors: localSelectors },
    ...moreNotify([theirs, remoteSelectors], [ours, localSelectors]),
  ];
  if (methods.length === 0) return { payloads: answer, ...yield* madeForPeer(state, agreed, now, context) };
  const link = newLink(random);
  const expiresAtMs = now.monotonicMs + FOLLOWUP_WAIT_MS;
  // A peer that begins anew has given up what it had begun.
  const only = old ? withoutAwaited(state, (one) => one.old === old.inboundSpi) : state;
  const next = awaiting(only, { ...agreed, methods, link, expiresAtMs });
  const { lowestNonce } = agreed;
  return {
    payloads: [...answer, linkNotify(link)],
    next: old ? crossed(next, old, { inboundSpi, lowestNonce, isAwaited: true }) : next,
    effects: [],
  };
}

/** This end goes on with rekeying the Child SA, by additional key exchanges: the peer has answered, and not heard of its own offer's loss (RFC 9370, section 2.2.4). */
function isGoneOnWith({ sendWindow: { outstanding } }: Established, { inboundSpi }: ChildSa): boolean {
  const child = outstanding?.child;
  return child?.kind === "creation" && child.followup !== undefined && child.task.kind === "rekey" &&
    child.task.inboundSpi === inboundSpi;
}

/**
 * Gateway: it makes another Child SA in the place of one that it misses, and so does the client: two would be left (RFC 4718, section 5.11.6). The client
 * asks again, if that comes to nothing.
 */
function isRemaking(
  { side, sendWindow: { outstanding } }: Established,
  ours: readonly TrafficSelector[],
  theirs: readonly TrafficSelector[],
): boolean {
  const child = outstanding?.child;
  return side === "gateway" && child?.kind === "creation" && child.task.kind === "create" && child.task.isRemake === true &&
    narrow(ours, child.localSelectors).length > 0 && narrow(theirs, child.remoteSelectors).length > 0;
}

/** The Child SA that N(REKEY_SA) names, by the SPI of packets to the peer (RFC 4718, section 5.4). */
function childSaNamed({ childSas }: Established, { protocolId, spi }: NotifyPayload): ChildSa | undefined {
  const named = espSpiOf(spi);
  return protocolId === ProtocolId.ESP && named !== undefined
    ? childSas.find(({ outboundSpi }) => outboundSpi === named)
    : undefined;
}

function refusal(next: Established, payload: NotifyPayload): ChildAnswer {
  return { payloads: [payload], next, effects: [] };
}

/** SPIs that are remembered so: a peer has no reason to name more while one offer waits. */
const MOST_DENIED = 8;

/**
 * The peer has been told that there is no Child SA of this SPI. The one that this end is making may have it: the peer has answered, and its answer is
 * late (RFC 4718, sections 5.11.6 and 5.11.7). Then both ends agree that it is gone.
 */
export function denying(state: Established, spi: Uint8Array): Established {
  const { outstanding } = state.sendWindow;
  const named = espSpiOf(spi);
  if (outstanding?.child?.kind !== "creation" || named === undefined) return state;
  const { child } = outstanding;
  return withCreation(state, { ...child, denied: [...child.denied, named].slice(-MOST_DENIED) });
}

/** Rekeying changes nothing about what goes by a Child SA: its successor has what it had, as far as it is asked for (RFC 7296, section 2.9.2). */
function* selectorsFor(
  state: Established,
  old: ChildSa | undefined,
  { theirs, ours }: { readonly theirs: readonly TrafficSelector[]; readonly ours: readonly TrafficSelector[] },
  { childSas }: EstablishedContext,
): Step<WantedTraffic | undefined> {
  const localSelectors = narrow(ours, old?.localSelectors ?? childSas.localSelectors);
  if (localSelectors.length === 0) return undefined;
  const remoteSelectors = old ? narrow(theirs, old.remoteSelectors) : yield* childSas.peerSelectors(state, theirs);
  if (remoteSelectors.length === 0) return undefined;
  return { localSelectors, remoteSelectors };
}
