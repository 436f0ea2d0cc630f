/**
 * IKE_AUTH, responder's side: after IKE_SA_INIT (RFC 7296, section 1.2) and after IKE_SESSION_RESUME (RFC 5723, section 4.3.3).
 *
 * @module
 */
import type { Identity } from "../../ticket/identity.ts";
import type { Message } from "../../wire/message.ts";
import { AuthenticationMethod, ExchangeType, NotifyType } from "../../wire/constants.ts";
import type { Payload } from "../../wire/payload.ts";
import { checkRules } from "../../wire/rules.ts";
import { authenticate } from "../authentication.ts";
import type { Datagram } from "../datagram.ts";
import type { Effect } from "../effect.ts";
import type { Established } from "../established/state.ts";
import { establishKeys, forgetKeySource } from "../first_exchange.ts";
import { type IkeSaKeys, wipeIkeSaKeys } from "../ike_sa_keys.ts";
import { notify } from "../notify.ts";
import { identityOf, notOpened, openMessage, type ProtectionContext, sealMessage } from "../protected_message.ts";
import type { Step } from "../step.ts";
import { authenticateInitiator } from "./authentication.ts";
import { createChildSa } from "./child_sa.ts";
import type { AwaitingAuth, Refused, ResponderContext } from "./state.ts";
import { answerTicketRequest, ticketRefusal } from "./ticket_request.ts";

/** IKE_AUTH is the second exchange of an IKE SA (RFC 4718, section 3.10). */
const AUTH_MESSAGE_ID = 1;

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
  const { suite, fragments } = first;
  const protection = { suite, keys, role: "responder", sealed: state.sealed, random: context.random, fragments } as const;
  const opened = yield* openMessage(protection, message);
  if (opened === undefined) return { kind: "ignored", reason: notOpened(message), next: { ...state, keys } };
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
    presented
      ? { kind: "resumption", form: configuration.resumptionAuthenticationOf(initiatorId) }
      : { kind: "shared-key", presharedKey: configuration.presharedKeyOf(initiatorId)! },
    {
      prf: first.suite.prf,
      skP: keys.skPr,
      realMessage: first.responderMessage,
      peerNonce: first.nonces.initiatorNonce,
      identity: responderId,
    },
  );
  const child = yield* createChildSa({ first, keys, payloads: request.payloads, encapsulated: datagram.encapsulated }, context);
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
    fragments: first.fragments,
    initiatorId,
    responderId,
    path: { local, remote, encapsulated },
    receiveWindow: {
      expectedId: AUTH_MESSAGE_ID + 1,
      lastRequest: identityOf(message, first.fragments),
      lastResponse: response,
    },
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
  const request = identityOf(message, protection.fragments);
  return { kind: "refused", response, next: { waitsFor: "repeated request", request, response } };
}
