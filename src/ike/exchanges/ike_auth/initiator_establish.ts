/**
 * What a client makes of the last response of IKE_AUTH: the IKE SA, its first Child SA, and the answer to its request for a ticket.
 *
 * @module
 */
import type { Identity } from "../../../ticket/identity.ts";
import { NotifyType } from "../../../wire/constants.ts";
import type { Payload } from "../../../wire/payload.ts";
import { AUTHENTICATION_METHOD } from "../../authentication/auth_payload.ts";
import type { ChildSa } from "../../child_sa/child_sa.ts";
import { childSaKeys } from "../../child_sa/child_sa_keys.ts";
import { agreedTraits } from "../../child_sa/child_sa_traits.ts";
import { isNarrowedFrom } from "../../child_sa/traffic_selectors.ts";
import { concealedKeys } from "../../ike_sa/ike_sa_keys.ts";
import { noncePair } from "../../ike_sa/nonces.ts";
import { isChosenFrom } from "../../ike_sa/proposals.ts";
import { espSpiOf, isEspSpi } from "../../ike_sa/spi.ts";
import { espSuiteOf } from "../../ike_sa/suite.ts";
import { findErrorNotify, findPayload } from "../../message/notify.ts";
import { withoutPeers } from "../../states/child_affairs.ts";
import { firstAffairs } from "../../states/child_lives.ts";
import { redirected } from "../../message/redirect_notifies.ts";
import type { Effect } from "../../states/effect.ts";
import type { Established } from "../../states/established.ts";
import type { AwaitingAuthResponse, InitiatorTransition } from "../../states/initiator_state.ts";
import { encapsulatesEsp } from "../../states/peer_path.ts";
import type { Step } from "../../steps/step.ts";
import { takeTicketAnswer } from "../../tickets/client_ticket.ts";
import { reauthenticationAsked } from "../authentication_lifetime.ts";
import { establishedContextOf, type InitiatorContext } from "../initiator_context.ts";
import { agreedMobility } from "../mobility_agreement.ts";
import { sendRequest } from "../requests.ts";
import { assignedAddress } from "./configuration_request.ts";

/** What an IKE SA that comes up is made of. */
export interface MadeIkeSa extends
  Pick<
    AwaitingAuthResponse,
    "first" | "keys" | "sealed" | "path" | "ticket" | "childOffer" | "childNonce" | "authenticationMethod"
  > {
  /** The message ID of this end's next request. */
  readonly nextId: number;
}

/** Both ends have proven themselves: `payloads` are those of the last response. */
export function* establish(
  state: MadeIkeSa,
  payloads: readonly Payload[],
  responderId: Identity,
  context: InitiatorContext,
): Step<InitiatorTransition> {
  const { first, keys, sealed, path, ticket, childOffer } = state;
  const { configuration } = context;
  const to = configuration.followRedirects ? redirected(payloads) : undefined;
  if (to !== undefined) {
    const next = { waitsFor: "nothing", reason: "redirected", spis: first.spis, isAuthentic: true } as const;
    return { next, effects: [{ type: "redirected", to, proven: true }] };
  }
  const initiatorId = configuration.identity;
  const child = yield* acceptChildSa(state, payloads, context);
  const { spis } = first;
  const effects: Effect[] = [
    {
      type: "ike-sa-up",
      spis,
      resumed: ticket !== undefined,
      initiatorId,
      responderId,
      local: path.local,
      remote: path.remote,
    },
    ...(configuration.exposeKeys
      ? [{ type: "ike-sa-keys", spis, suite: first.suite, keys: concealedKeys(keys) } as const]
      : []),
    ...child.effects,
    ...reauthenticationAsked(payloads, spis),
  ];
  const mobility = agreedMobility(payloads, configuration, first);
  const up: Established = {
    waitsFor: "requests",
    side: "client",
    role: "initiator",
    spis,
    suite: first.suite,
    keys,
    sealed,
    fragments: first.fragments,
    initiatorId,
    responderId,
    authentication: {
      method: ticket?.authenticationMethod ?? state.authenticationMethod ?? AUTHENTICATION_METHOD,
      items: {},
    },
    heardAtMs: context.now.monotonicMs,
    path,
    peerBehindNat: first.nat.peerBehindNat,
    ...(path.encapsulated && !encapsulatesEsp(first, path) && { espOutsideUdp: true }),
    ...(mobility && { mobility }),
    receiveWindow: { expectedId: 0 },
    sendWindow: { nextId: state.nextId },
    childSas: child.childSa ? [child.childSa] : [],
    children: firstAffairs(child.childSa, configuration.childSas, context.now),
  };
  const established = child.isPeersAlone ? withoutPeers(up, childOffer!.inboundSpi, context.now) : up;
  if (!configuration.requestTicket) return { next: established, effects };
  const { answer, ...taken } = takeTicketAnswer(established, payloads, configuration, context.random, context.now);
  effects.push(...taken.effects);
  if (answer !== "ack" || !configuration.keepTicketFresh) return { next: taken.next, effects };
  // The gateway will grant one, but not in this response: it is asked again at once (RFC 5723, section 4.1).
  const establishedContext = establishedContextOf(configuration, context.random);
  const asked = yield* sendRequest(taken.next, "ticket", context.now, establishedContext);
  return { next: asked.next ?? taken.next, effects: [...effects, ...asked.effects] };
}

interface FirstChildSa {
  readonly childSa?: ChildSa;
  /** The gateway has made one that is refused here. */
  readonly isPeersAlone?: boolean;
  readonly effects: readonly Effect[];
}

/** The first Child SA. Without it the IKE SA stands all the same (RFC 4718, section 4.2). */
function* acceptChildSa(
  { first, keys, path, childOffer, childNonce }: MadeIkeSa,
  payloads: readonly Payload[],
  { configuration }: InitiatorContext,
): Step<FirstChildSa> {
  if (childOffer === undefined) return { effects: [] };
  const answer = findPayload(payloads, "SA");
  const failed = (notifyType: number): FirstChildSa => ({
    isPeersAlone: answer !== undefined,
    effects: [{ type: "child-sa-failed", spis: first.spis, notifyType }],
  });
  const localSelectors = findPayload(payloads, "TSi")?.selectors;
  const remoteSelectors = findPayload(payloads, "TSr")?.selectors;
  if (!answer || !localSelectors || !remoteSelectors) {
    return failed(findErrorNotify(payloads)?.notifyType ?? NotifyType.NO_PROPOSAL_CHOSEN);
  }
  // What was not offered is not accepted, whoever proposes it (RFC 7296, sections 2.9 and 3.3.6).
  if (!isChosenFrom(answer.proposals, childOffer.proposals)) return failed(NotifyType.NO_PROPOSAL_CHOSEN);
  const suite = espSuiteOf(answer.proposals[0]);
  const outboundSpi = espSpiOf(answer.proposals[0].spi);
  if (!suite || outboundSpi === undefined || !isEspSpi(answer.proposals[0].spi)) return failed(NotifyType.NO_PROPOSAL_CHOSEN);
  const withinOffer = isNarrowedFrom(localSelectors, configuration.localSelectors) &&
    isNarrowedFrom(remoteSelectors, configuration.remoteSelectors);
  if (!withinOffer) return failed(NotifyType.TS_UNACCEPTABLE);
  const responderNonce = findPayload(payloads, "Nonce")?.nonce;
  if (childNonce && !responderNonce) return failed(NotifyType.INVALID_SYNTAX);
  const nonces = childNonce && responderNonce ? noncePair(childNonce, responderNonce) : first.nonces;
  const inner = assignedAddress(payloads, configuration);
  const isMissing = inner === undefined && configuration.requestInnerAddress !== false && configuration.innerAddressRequired;
  if (isMissing) return failed(NotifyType.INTERNAL_ADDRESS_FAILURE);
  const childSa: ChildSa = {
    inboundSpi: childOffer.inboundSpi,
    outboundSpi,
    protection: suite.protection,
    extendedSequenceNumbers: suite.extendedSequenceNumbers,
    ...yield* childSaKeys(first.suite, keys.skD, nonces, suite, "initiator"),
    localSelectors,
    remoteSelectors,
    udpEncapsulation: encapsulatesEsp(first, path),
    ...agreedTraits(payloads, configuration.childSas),
  };
  const up: Effect = { type: "child-sa-up", spis: first.spis, childSa };
  return { childSa, effects: inner ? [{ type: "inner-address-assigned", spis: first.spis, ...inner }, up] : [up] };
}
