/**
 * IKE_AUTH, initiator's side: after IKE_SA_INIT (RFC 7296, section 1.2) and after IKE_SESSION_RESUME (RFC 5723, section 4.3.3).
 *
 * @module
 */
import type { ClientTicket } from "../../ticket/client_ticket.ts";
import { copyIdentity, type Identity, sameIdentity } from "../../ticket/identity.ts";
import { AuthenticationMethod, ExchangeType, NotifyType } from "../../wire/constants.ts";
import type { Message } from "../../wire/message.ts";
import type { AuthenticationPayload, IdentificationPayload, Payload } from "../../wire/payload.ts";
import { checkRules } from "../../wire/rules.ts";
import { authenticate, type Credential, verifyAuthentication } from "../authentication.ts";
import type { ChildSa } from "../child_sa.ts";
import { childSaKeys } from "../child_sa_keys.ts";
import type { Effect } from "../effect.ts";
import type { Established } from "../established/state.ts";
import { establishKeys, type FirstExchange } from "../first_exchange.ts";
import { findErrorNotify, findNotify, findPayload, notify } from "../notify.ts";
import { isChosenFrom, offerEsp } from "../proposals.ts";
import { notOpened, openMessage, sealMessage } from "../protected_message.ts";
import { firstSent } from "../retransmission.ts";
import { espSpiOctets, espSpiOf, isEspSpi, newEspSpi } from "../spi.ts";
import type { Step } from "../step.ts";
import { espSuiteOf } from "../suite.ts";
import { isNarrowedFrom } from "../traffic_selectors.ts";
import {
  type AwaitingAuthResponse,
  closed,
  dropped,
  encapsulatedPath,
  type InitiatorContext,
  type InitiatorTransition,
  plainPath,
  send,
} from "./state.ts";

/** IKE_AUTH is the second exchange of an IKE SA (RFC 4718, section 3.10). */
const AUTH_MESSAGE_ID = 1;

/**
 * Sends HDR, SK {IDi, [IDr,] AUTH, SAi2, TSi, TSr [, N(TICKET_REQUEST)]}, to port 4500 when there is a NAT. `undefined`: the answer's
 * public value is none, and it may be a forger's.
 */
export function* startAuth(
  first: FirstExchange,
  ticket: ClientTicket | undefined,
  context: InitiatorContext,
): Step<InitiatorTransition | undefined> {
  const { configuration, random, now } = context;
  const keys = yield* establishKeys(first);
  if (keys === undefined) return undefined;
  const sealed = { next: 0n };
  const peerIdentity = ticket?.responderId ?? configuration.peerIdentity;
  const auth = yield* authenticate(credentialOf(ticket, context), {
    prf: first.suite.prf,
    skP: keys.skPi,
    realMessage: first.initiatorMessage,
    peerNonce: first.nonces.responderNonce,
    identity: configuration.identity,
  });
  const inboundSpi = newEspSpi(random);
  const childOffer = { proposals: offerEsp(configuration.espProposals, espSpiOctets(inboundSpi)), inboundSpi };
  const payloads: Payload[] = [
    { type: "IDi", ...configuration.identity },
    ...(peerIdentity ? [{ type: "IDr", ...peerIdentity } as const] : []),
    { type: "AUTH", method: AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE, data: auth },
    { type: "SA", proposals: childOffer.proposals },
    { type: "TSi", selectors: configuration.localSelectors },
    { type: "TSr", selectors: configuration.remoteSelectors },
    ...(configuration.requestTicket ? [notify(NotifyType.TICKET_REQUEST)] : []),
  ];
  const octets = yield* sealMessage({ suite: first.suite, keys, role: "initiator", sealed, random }, {
    ...first.spis,
    exchangeType: ExchangeType.IKE_AUTH,
    fromInitiator: true,
    isResponse: false,
    messageId: AUTH_MESSAGE_ID,
  }, payloads);
  const path = first.natDetected ? encapsulatedPath(context.path) : plainPath(context.path);
  const request = firstSent(octets, configuration.retransmission, now.monotonicMs, random);
  return {
    next: { waitsFor: "IKE_AUTH response", first, keys, sealed, path, request, ticket, childOffer },
    effects: [send(octets, path)],
  };
}

/** HDR, SK {IDr, AUTH, SAr2, TSi, TSr [, N(TICKET_LT_OPAQUE)]}: the IKE SA is up once the gateway has proven itself. */
export function* receiveAuthResponse(
  state: AwaitingAuthResponse,
  message: Message,
  context: InitiatorContext,
): Step<InitiatorTransition> {
  const { first, keys, sealed } = state;
  if (message.header.messageId !== AUTH_MESSAGE_ID) return dropped(state, "message-id-outside-window");
  const protection = {
    suite: first.suite,
    keys,
    role: "initiator",
    sealed,
    random: context.random,
    fragments: first.fragments,
  } as const;
  const opened = yield* openMessage(protection, message);
  // Not authentic: anyone could have sent it, and an answer in clear decides nothing (RFC 5723, section 9.4).
  if (opened === undefined) return dropped(state, notOpened(message));
  if (!opened.ok || checkRules(ExchangeType.IKE_AUTH, true, true, opened.value) !== undefined) {
    return fail(state, "protocol-error");
  }
  const payloads = opened.value;
  const claimed = findPayload(payloads, "IDr");
  const auth = findPayload(payloads, "AUTH");
  if (!claimed || !auth) return fail(state, "authentication-failed");
  const proven = yield* provesItself(state, claimed, auth, context);
  return proven ? yield* establish(state, payloads, copyIdentity(claimed), context) : fail(state, "authentication-failed");
}

/** The gateway is who it has to be, and its AUTH is right. */
function* provesItself(
  { first, keys, ticket }: AwaitingAuthResponse,
  claimed: IdentificationPayload,
  auth: AuthenticationPayload,
  context: InitiatorContext,
): Step<boolean> {
  const required = ticket?.responderId ?? context.configuration.peerIdentity;
  if (required && !sameIdentity(claimed, required)) return false;
  if (auth.method !== AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE) return false;
  return yield* verifyAuthentication(credentialOf(ticket, context), {
    prf: first.suite.prf,
    skP: keys.skPr,
    realMessage: first.responderMessage,
    peerNonce: first.nonces.initiatorNonce,
    identity: claimed,
  }, auth.data);
}

function* establish(
  state: AwaitingAuthResponse,
  payloads: readonly Payload[],
  responderId: Identity,
  context: InitiatorContext,
): Step<InitiatorTransition> {
  const { first, keys, sealed, path, ticket } = state;
  const { configuration } = context;
  const initiatorId = configuration.identity;
  const child = yield* acceptChildSa(state, payloads, context);
  const { spis } = first;
  const effects: Effect[] = [
    { type: "ike-sa-up", spis, resumed: ticket !== undefined, initiatorId, responderId, remote: path.remote },
    ...(configuration.exposeKeys ? [{ type: "ike-sa-keys", spis, suite: first.suite, keys } as const] : []),
    child.effect,
    ...acceptTicket(state, payloads, responderId, context),
  ];
  const next: Established = {
    waitsFor: "requests",
    role: "initiator",
    spis,
    suite: first.suite,
    keys,
    sealed,
    fragments: first.fragments,
    initiatorId,
    responderId,
    path,
    receiveWindow: { expectedId: 0 },
    sendWindow: { nextId: AUTH_MESSAGE_ID + 1 },
    childSas: child.childSa ? [child.childSa] : [],
  };
  return { next, effects };
}

/** The first Child SA. Without it the IKE SA stands all the same (RFC 4718, section 4.2). */
function* acceptChildSa(
  { first, keys, path, childOffer }: AwaitingAuthResponse,
  payloads: readonly Payload[],
  { configuration }: InitiatorContext,
): Step<{ readonly childSa?: ChildSa; readonly effect: Effect }> {
  const failed = (notifyType: number) => ({ effect: { type: "child-sa-failed", spis: first.spis, notifyType } as const });
  const answer = findPayload(payloads, "SA");
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
  const childSa: ChildSa = {
    inboundSpi: childOffer.inboundSpi,
    outboundSpi,
    protection: suite.protection,
    extendedSequenceNumbers: suite.extendedSequenceNumbers,
    ...yield* childSaKeys(first.suite, keys.skD, first.nonces, suite, "initiator"),
    localSelectors,
    remoteSelectors,
    udpEncapsulation: path.encapsulated,
  };
  return { childSa, effect: { type: "child-sa-up", spis: first.spis, childSa } };
}

/** What came of N(TICKET_REQUEST). A ticket that nobody asked for is not taken (RFC 5723, section 4.1 and 4.2). */
function acceptTicket(
  { first, keys, ticket: used }: AwaitingAuthResponse,
  payloads: readonly Payload[],
  responderId: Identity,
  { configuration, now }: InitiatorContext,
): Effect[] {
  if (!configuration.requestTicket) return [];
  const granted = findNotify(payloads, NotifyType.TICKET_LT_OPAQUE);
  if (granted === undefined || granted.data.length <= 4) {
    const answer = findNotify(payloads, NotifyType.TICKET_ACK)
      ? "ack"
      : findNotify(payloads, NotifyType.TICKET_NACK)
      ? "nack"
      : "none";
    return [{ type: "ticket-not-granted", answer }];
  }
  const { data } = granted;
  const lifetimeSeconds = new DataView(data.buffer, data.byteOffset).getUint32(0);
  const ticket: ClientTicket = {
    ticket: data.slice(4),
    expiresAtEpochSeconds: now.epochSeconds + lifetimeSeconds,
    initiatorId: configuration.identity,
    responderId,
    authenticationMethod: used?.authenticationMethod ?? AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE,
    proposal: first.suite.proposal,
    skD: keys.skD.slice(),
  };
  return [{ type: "ticket-received", ticket }];
}

function fail(state: AwaitingAuthResponse, reason: "protocol-error" | "authentication-failed"): InitiatorTransition {
  return closed(state.first.spis, reason);
}

function credentialOf(ticket: ClientTicket | undefined, { configuration }: InitiatorContext): Credential {
  return ticket
    ? { kind: "resumption", form: configuration.resumptionAuthentication }
    : { kind: "shared-key", presharedKey: configuration.presharedKey };
}
