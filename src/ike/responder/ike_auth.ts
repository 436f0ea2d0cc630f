/**
 * IKE_AUTH, responder's side: after IKE_SA_INIT (RFC 7296, section 1.2) and after IKE_SESSION_RESUME (RFC 5723, section 4.3.3).
 *
 * @module
 */
import { copyIdentity, type Identity, sameIdentity } from "../../ticket/identity.ts";
import type { Message } from "../../wire/message.ts";
import { AuthenticationMethod, ExchangeType, NotifyType } from "../../wire/constants.ts";
import type { Payload } from "../../wire/payload.ts";
import { checkRules } from "../../wire/rules.ts";
import { authenticate, type Credential, verifyAuthentication } from "../authentication.ts";
import type { ChildSa } from "../child_sa.ts";
import { childSaKeys } from "../child_sa_keys.ts";
import type { Datagram } from "../datagram.ts";
import type { Effect } from "../effect.ts";
import type { Established } from "../established/state.ts";
import { establishKeys, type FirstExchange, forgetKeySource } from "../first_exchange.ts";
import { type IkeSaKeys, wipeIkeSaKeys } from "../ike_sa_keys.ts";
import type { Instant } from "../instant.ts";
import { findPayload, notify } from "../notify.ts";
import { chooseEsp } from "../proposals.ts";
import { openMessage, type ProtectionContext, sealMessage } from "../protected_message.ts";
import { espSpiOctets, espSpiOf, newEspSpi } from "../spi.ts";
import { claimTicket, type Step } from "../step.ts";
import { espSuiteOf } from "../suite.ts";
import { narrow } from "../traffic_selectors.ts";
import type { AwaitingAuth, Refused, ResponderContext } from "./state.ts";
import { answerTicketRequest, type Contribution, ticketRefusal } from "./ticket_request.ts";

/** IKE_AUTH is the second exchange of an IKE SA (RFC 4718, section 3.10). */
const AUTH_MESSAGE_ID = 1;

/** An authentication for a client that is not known is checked against this key, so that its time does not tell so. */
const NOBODYS_KEY = new Uint8Array(32);

/** What an IKE_AUTH request led to. `ignored` keeps everything as it was: the message proved nothing. */
export type AuthAnswer =
  | {
    readonly kind: "established";
    readonly response: Uint8Array;
    readonly next: Established;
    readonly effects: readonly Effect[];
  }
  | { readonly kind: "refused"; readonly response: Uint8Array; readonly next: Refused }
  | { readonly kind: "ignored"; readonly reason: string; readonly next: AwaitingAuth }
  /** The first exchange can lead to no keys: nothing of it is worth keeping. */
  | { readonly kind: "hopeless"; readonly reason: string };

/** HDR, SK {IDi, [IDr,] AUTH, SAi2, TSi, TSr [, N(TICKET_REQUEST)]} → HDR, SK {IDr, AUTH, SAr2, TSi, TSr [, N(TICKET_LT_OPAQUE)]}. */
export function* respondToAuth(
  state: AwaitingAuth,
  message: Message,
  datagram: Datagram,
  context: ResponderContext,
): Step<AuthAnswer> {
  const { first } = state;
  if (message.header.messageId !== AUTH_MESSAGE_ID) {
    return { kind: "ignored", reason: "message-id-outside-window", next: state };
  }
  const keys = state.keys ?? (yield* establishKeys(first));
  if (keys === undefined) return { kind: "hopeless", reason: "public-value-unacceptable" };
  const protection = { suite: first.suite, keys, role: "responder", sealed: state.sealed, random: context.random } as const;
  const opened = yield* openMessage(protection, message);
  if (opened === undefined) return { kind: "ignored", reason: "not-authentic", next: { ...state, keys } };
  if (!opened.ok) {
    return yield* refuse(
      message,
      protection,
      opened.error.kind === "critical-payload"
        ? [notify(NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD, Uint8Array.of(opened.error.payloadType ?? 0))]
        : [notify(NotifyType.INVALID_SYNTAX)],
    );
  }
  const payloads = opened.value;
  if (checkRules(ExchangeType.IKE_AUTH, false, true, payloads) !== undefined) {
    return yield* refuse(message, protection, [notify(NotifyType.INVALID_SYNTAX), ...ticketRefusal(payloads)]);
  }
  const initiatorId = yield* authenticateInitiator(state, keys, payloads, context);
  if (initiatorId === undefined) {
    return yield* refuse(message, protection, [notify(NotifyType.AUTHENTICATION_FAILED), ...ticketRefusal(payloads)]);
  }
  return yield* accept({ state, keys, protection, message, datagram, payloads, initiatorId }, context);
}

/** The client's identity, once it has proven it; `undefined` when anything about the proof is wrong. */
function* authenticateInitiator(
  { first, presented }: AwaitingAuth,
  keys: IkeSaKeys,
  payloads: readonly Payload[],
  { configuration, now }: ResponderContext,
): Step<Identity | undefined> {
  const claimed = findPayload(payloads, "IDi");
  const auth = findPayload(payloads, "AUTH");
  if (!claimed || auth?.method !== AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE) return undefined;
  const identity = copyIdentity(claimed);
  const looked = configuration.presharedKeyOf(identity);
  // Everyone knows the empty key: a lookup that comes back with it has found nothing.
  const presharedKey = looked?.length === 0 ? undefined : looked;
  const credential: Credential = presented
    ? { kind: "resumption" }
    : { kind: "shared-key", presharedKey: presharedKey ?? NOBODYS_KEY };
  const content = {
    prf: first.suite.prf,
    skP: keys.skPi,
    realMessage: first.initiatorMessage,
    peerNonce: first.nonces.responderNonce,
    identity,
  };
  const proven = yield* verifyAuthentication(credential, content, auth.data);
  if (!proven || presharedKey === undefined) return undefined;
  if (presented === undefined) return identity;
  return (yield* mayResume(presented, identity, payloads, now)) ? identity : undefined;
}

/** The rules of RFC 5723, section 4.3.3: identities as in the ticket, no certificate. Then, and only then, the ticket is used. */
function* mayResume(
  { ticketId, state }: NonNullable<AwaitingAuth["presented"]>,
  identity: Identity,
  payloads: readonly Payload[],
  now: Instant,
): Step<boolean> {
  if (!sameIdentity(identity, state.initiatorId)) return false;
  const requestedId = findPayload(payloads, "IDr");
  if (requestedId && !sameIdentity(requestedId, state.responderId)) return false;
  if (findPayload(payloads, "CERT")) return false;
  // Claims are remembered as long as tickets live: one that expired since it was opened may have been claimed and forgotten.
  if (now.epochSeconds >= state.expiresAtEpochSeconds) return false;
  return yield* claimTicket({ ticketId, expiresAtEpochSeconds: state.expiresAtEpochSeconds });
}

/** An IKE_AUTH request whose sender has proven itself. */
interface ProvenRequest {
  readonly state: AwaitingAuth;
  readonly keys: IkeSaKeys;
  readonly protection: ProtectionContext;
  readonly message: Message;
  readonly datagram: Datagram;
  readonly payloads: readonly Payload[];
  readonly initiatorId: Identity;
}

function* accept(request: ProvenRequest, context: ResponderContext): Step<AuthAnswer> {
  const { state: { first, presented, sealed }, keys, protection, message, datagram, initiatorId } = request;
  const { configuration } = context;
  const responderId = presented ? presented.state.responderId : configuration.identity;
  const auth = yield* authenticate(
    presented ? { kind: "resumption" } : { kind: "shared-key", presharedKey: configuration.presharedKeyOf(initiatorId)! },
    {
      prf: first.suite.prf,
      skP: keys.skPr,
      realMessage: first.responderMessage,
      peerNonce: first.nonces.initiatorNonce,
      identity: responderId,
    },
  );
  const child = yield* createChildSa(request, context);
  const ticket = yield* answerTicketRequest(
    request.payloads,
    {
      initiatorId,
      responderId,
      ...first.spis,
      proposal: first.suite.proposal,
      skD: keys.skD,
      authenticationMethod: presented?.state.authenticationMethod ?? AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE,
    },
    context,
  );
  const response = yield* sealMessage(protection, {
    ...first.spis,
    exchangeType: ExchangeType.IKE_AUTH,
    fromInitiator: false,
    isResponse: true,
    messageId: AUTH_MESSAGE_ID,
  }, [
    { type: "IDr", ...responderId },
    { type: "AUTH", method: AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE, data: auth },
    ...child.payloads,
    ...ticket.payloads,
  ]);
  forgetKeySource(first);
  const { local, remote, encapsulated } = datagram;
  const next: Established = {
    waitsFor: "requests",
    role: "responder",
    spis: first.spis,
    suite: first.suite,
    keys,
    sealed,
    initiatorId,
    responderId,
    path: { local, remote, encapsulated },
    receiveWindow: { expectedId: AUTH_MESSAGE_ID + 1, lastRequest: message.octets, lastResponse: response },
    sendWindow: { nextId: 0 },
    childSas: child.childSa ? [child.childSa] : [],
  };
  const { spis } = first;
  const effects: Effect[] = [
    { type: "ike-sa-up", spis, resumed: presented !== undefined, initiatorId, responderId, remote },
    ...(configuration.exposeKeys ? [{ type: "ike-sa-keys", spis, suite: first.suite, keys } as const] : []),
    ...child.effects,
    ...ticket.effects,
  ];
  return { kind: "established", response, next, effects };
}

/** The first Child SA. If it cannot be made the IKE SA stands all the same (RFC 4718, section 4.2). */
function* createChildSa(request: ProvenRequest, context: ResponderContext): Step<Contribution & { childSa?: ChildSa }> {
  const { state: { first }, keys, datagram, payloads } = request;
  const { configuration, random } = context;
  const offer = findPayload(payloads, "SA");
  const initiatorSelectors = findPayload(payloads, "TSi");
  const responderSelectors = findPayload(payloads, "TSr");
  if (!offer || !initiatorSelectors || !responderSelectors) return { payloads: [], effects: [] };

  const inboundSpi = newEspSpi(random);
  const chosen = chooseEsp(offer.proposals, configuration.espProposals, espSpiOctets(inboundSpi));
  const suite = chosen && espSuiteOf(chosen);
  const outboundSpi = chosen && espSpiOf(offer.proposals.find(({ number }) => number === chosen.number)!.spi);
  if (!chosen || !suite || outboundSpi === undefined) return childSaFailed(first, NotifyType.NO_PROPOSAL_CHOSEN);
  const remoteSelectors = narrow(initiatorSelectors.selectors, configuration.remoteSelectors);
  const localSelectors = narrow(responderSelectors.selectors, configuration.localSelectors);
  if (remoteSelectors.length === 0 || localSelectors.length === 0) return childSaFailed(first, NotifyType.TS_UNACCEPTABLE);

  const childSa: ChildSa = {
    inboundSpi,
    outboundSpi,
    protection: suite.protection,
    extendedSequenceNumbers: suite.extendedSequenceNumbers,
    ...yield* childSaKeys(first.suite, keys.skD, first.nonces, suite, "responder"),
    localSelectors,
    remoteSelectors,
    udpEncapsulation: datagram.encapsulated,
  };
  return {
    childSa,
    payloads: [
      { type: "SA", proposals: [chosen] },
      { type: "TSi", selectors: remoteSelectors },
      { type: "TSr", selectors: localSelectors },
    ],
    effects: [{ type: "child-sa-up", spis: first.spis, childSa }],
  };
}

function childSaFailed(first: FirstExchange, notifyType: number): Contribution {
  return { payloads: [notify(notifyType)], effects: [{ type: "child-sa-failed", spis: first.spis, notifyType }] };
}

function* refuse(message: Message, protection: ProtectionContext, payloads: readonly Payload[]): Step<AuthAnswer> {
  const response = yield* sealMessage(protection, {
    initiatorSpi: message.header.initiatorSpi,
    responderSpi: message.header.responderSpi,
    exchangeType: ExchangeType.IKE_AUTH,
    fromInitiator: false,
    isResponse: true,
    messageId: message.header.messageId,
  }, payloads);
  wipeIkeSaKeys(protection.keys);
  return { kind: "refused", response, next: { waitsFor: "repeated request", request: message.octets, response } };
}
