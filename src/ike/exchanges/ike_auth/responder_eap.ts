/**
 * IKE_AUTH over several round trips, responder's side (RFC 7296, section 2.16): the gateway proves itself first, EAP goes on for as many
 * rounds as its method takes, and then both ends prove that they share the key which it has made.
 *
 * @module
 */
import { wipe } from "../../../crypto/wipe.ts";
import { copyIdentity, type Identity } from "../../../ticket/identity.ts";
import { ExchangeType, NotifyType } from "../../../wire/constants.ts";
import type { Message } from "../../../wire/message.ts";
import type { Payload } from "../../../wire/payload.ts";
import { checkRules } from "../../../wire/rules.ts";
import { authPayload } from "../../authentication/auth_payload.ts";
import type { EapServerChoice } from "../../authentication/eap/eap_method.ts";
import { isEnoughAlone } from "../../authentication/eap/eap_only.ts";
import { type EapConversation, EapServer, type EapServerTurn } from "../../authentication/eap/eap_server.ts";
import { RelayedEap } from "../../authentication/eap/relayed_eap.ts";
import { authenticate, type SignedContent } from "../../authentication/signed_content.ts";
import type { IkeSaKeys } from "../../ike_sa/ike_sa_keys.ts";
import { findNotify, findPayload, notify } from "../../message/notify.ts";
import { identityOf, notOpened, openMessage, type ProtectionContext, sealMessage } from "../../message/protected_message.ts";
import { repeatAnswer, RequestMark } from "../../message/repeated_request.ts";
import { type FirstExchange, forgetKeySource } from "../../states/first_exchange.ts";
import { provenPath } from "../../states/peer_path.ts";
import type { AwaitingAuth, AwaitingEap } from "../../states/responder_state.ts";
import type { Datagram } from "../../steps/datagram.ts";
import type { Step } from "../../steps/step.ts";
import { ticketRefusal } from "../../tickets/ticket_request.ts";
import { LaterAnswers } from "../../policy/later_answers.ts";
import type { EapResponderConfiguration } from "../../policy/eap_configuration.ts";
import { agreesOnMobility } from "../mobility_agreement.ts";
import type { ResponderContext } from "../responder_context.ts";
import { proveByCertificate } from "./certificate_proof.ts";
import { chooseChildSa } from "./first_child_sa.ts";
import type { AuthAnswer } from "./auth_answer.ts";
import { establish } from "./responder_answer.ts";
import { claimOf, refuse, refuseClaim, refuseUnreadable, responseHeaderOf } from "./responder_refusal.ts";
import { responderContent } from "./auth_content.ts";
import { authenticateAfterEap } from "./responder_authentication.ts";

/** A client that leaves out AUTH wants EAP. `undefined`: there is no EAP for it. */
export function* beginEap(
  { first, presented, sealed }: AwaitingAuth,
  keys: IkeSaKeys,
  protection: ProtectionContext,
  message: Message,
  payloads: readonly Payload[],
  policy: LaterAnswers,
  context: ResponderContext,
): Step<AuthAnswer | undefined> {
  const { configuration, random } = context;
  const { eap, identity } = configuration;
  const claimed = findPayload(payloads, "IDi");
  // After resumption the keys are the proof: there is no other (RFC 5723, section 4.3.3).
  if (presented || !eap || !claimed || findPayload(payloads, "AUTH")) return undefined;
  const initiatorId = copyIdentity(claimed);
  const choice = yield* policy.ask((asked) => asked.eap?.methodFor(initiatorId));
  if (choice === undefined) return undefined;
  const server = conversationOf(choice, initiatorId, eap, random(1)[0]);
  const turn = yield* server.begin();
  if (turn.kind !== "request") return yield* fail(message, protection, turn, payloads, initiatorId, context);
  const isAlone = findNotify(payloads, NotifyType.EAP_ONLY_AUTHENTICATION) !== undefined && mayBeAlone(server, eap);
  const proof = isAlone ? [] : yield* gatewayProof(responderContent(first, keys, identity), first, payloads, context);
  if (proof === undefined) return undefined;
  const response = yield* sealMessage(protection, responseHeaderOf(message), [
    { type: "IDr", ...identity },
    ...proof,
    { type: "EAP", message: turn.message },
  ]);
  forgetKeySource(first);
  const next: AwaitingEap = {
    waitsFor: "EAP",
    first,
    keys,
    sealed,
    server,
    isAlone,
    initiatorId,
    requested: payloads,
    requestedOctets: message.octets.length,
    expectedId: message.header.messageId + 1,
    lastRequest: RequestMark.of(identityOf(message, first.fragments)),
    lastResponse: response,
  };
  return { kind: "continued", response, next };
}

function conversationOf(
  choice: EapServerChoice,
  { identification }: Identity,
  eap: EapResponderConfiguration,
  firstIdentifier: number,
): EapConversation {
  if ("exchange" in choice) return new RelayedEap(choice, eap, identification, firstIdentifier, eap.askIdentity);
  return new EapServer("begin" in choice ? [choice] : choice, eap, firstIdentifier, eap.askIdentity);
}

/** Whether the method, as far as one is spoken, is enough to prove the gateway too (RFC 5998, section 3). */
function mayBeAlone({ type }: EapConversation, { eapOnly }: EapResponderConfiguration): boolean {
  return eapOnly !== undefined && (type === undefined || isEnoughAlone(type, eapOnly));
}

/** By its certificate (RFC 7296, section 2.16), or else by a shared key. */
function* gatewayProof(
  content: SignedContent,
  first: FirstExchange,
  payloads: readonly Payload[],
  { configuration: { certificates, eap }, now }: ResponderContext,
): Step<readonly Payload[] | undefined> {
  if (certificates) {
    const proof = yield* proveByCertificate(certificates, content, first.initiatorMessage, payloads, now);
    return proof && [...proof.certificates, proof.auth];
  }
  if (eap?.gatewayKey === undefined) return undefined;
  return [authPayload(yield* authenticate({ kind: "shared-key", presharedKey: eap.gatewayKey }, content))];
}

/** HDR, SK {EAP} → HDR, SK {EAP}, until Success; then HDR, SK {AUTH} → HDR, SK {AUTH, SAr2, TSi, TSr [, N(TICKET_LT_OPAQUE)]}. */
export function* continueEap(
  state: AwaitingEap,
  message: Message,
  datagram: Datagram,
  context: ResponderContext,
): Step<AuthAnswer> {
  const { first, keys, sealed, expectedId } = state;
  const { messageId } = message.header;
  const { suite, fragments } = first;
  const protection: ProtectionContext = { suite, keys, role: "responder", sealed, random: context.random, fragments };
  const answer = messageId === expectedId - 1 ? yield* repeatAnswer(message, state, protection) : undefined;
  if (answer) return { kind: "continued", response: answer.lastResponse, next: { ...state, ...answer } };
  if (messageId !== expectedId) return { kind: "ignored", reason: "message-id-outside-window", next: state };
  const opened = yield* openMessage(protection, message);
  if (opened === undefined) return { kind: "ignored", reason: notOpened(message), next: state };
  if (!opened.ok) return yield* refuseUnreadable(message, protection, opened.error);
  const payloads = opened.value;
  if (checkRules(ExchangeType.IKE_AUTH, false, true, payloads) !== undefined) {
    return yield* refuse(message, protection, [
      notify(NotifyType.INVALID_SYNTAX),
      ...ticketRefusal(state.requested, context.configuration.profiles),
    ]);
  }
  return state.success === undefined
    ? yield* continueMethod(state, protection, message, payloads, context)
    : yield* conclude(state, protection, message, datagram, payloads, context);
}

function* continueMethod(
  state: AwaitingEap,
  protection: ProtectionContext,
  message: Message,
  payloads: readonly Payload[],
  context: ResponderContext,
): Step<AuthAnswer> {
  const eap = findPayload(payloads, "EAP");
  if (eap === undefined) {
    return yield* refuseClaim(message, protection, state.requested, claimOf("eap", state.initiatorId), context);
  }
  const turn = yield* state.server.respond(eap.message);
  if (turn.kind === "failure") return yield* fail(message, protection, turn, state.requested, state.initiatorId, context);
  // Another method than the first, perhaps, which does not prove the gateway.
  const { eap: configured } = context.configuration;
  if (state.isAlone && !(configured && mayBeAlone(state.server, configured))) {
    return yield* refuseClaim(message, protection, state.requested, claimOf("eap", state.initiatorId), context);
  }
  const response = yield* sealMessage(protection, responseHeaderOf(message), [{ type: "EAP", message: turn.message }]);
  const next: AwaitingEap = {
    ...state,
    success: turn.kind === "success" ? turn.success : undefined,
    expectedId: state.expectedId + 1,
    lastRequest: RequestMark.of(identityOf(message, state.first.fragments)),
    lastResponse: response,
    timesRepeated: 0,
  };
  return { kind: "continued", response, next };
}

/** What the client asked for in its first request is answered in the last response: the ticket too (RFC 5723, section 4.2). */
function* conclude(
  state: AwaitingEap,
  protection: ProtectionContext,
  message: Message,
  datagram: Datagram,
  payloads: readonly Payload[],
  context: ResponderContext,
): Step<AuthAnswer> {
  const { first, keys, sealed, requested, success } = state;
  const path = provenPath(first, datagram, agreesOnMobility(requested, context.configuration));
  const policy = new LaterAnswers(context.configuration, false);
  const client = yield* authenticateAfterEap(state, payloads, datagram.remote, policy, context);
  if (client === undefined) {
    return yield* refuseClaim(message, protection, requested, claimOf("eap", state.initiatorId), context);
  }
  yield* policy.askForSelectors(client.items.eapIdentity ?? client.initiatorId);
  const childSaChoice = chooseChildSa(requested, context.configuration);
  const established = yield* establish(
    { first, sealed, keys, protection, message, path, requested, client, childSaChoice },
    { ...context, configuration: policy.configuration },
  );
  if (success?.msk) wipe(success.msk);
  return established;
}

function* fail(
  message: Message,
  protection: ProtectionContext,
  turn: EapServerTurn,
  requested: readonly Payload[],
  initiatorId: Identity,
  { configuration }: ResponderContext,
): Step<AuthAnswer> {
  const payloads: Payload[] = [
    { type: "EAP", message: turn.message },
    ...ticketRefusal(requested, configuration.profiles),
  ];
  return { ...yield* refuse(message, protection, payloads), claim: claimOf("eap", initiatorId) };
}
