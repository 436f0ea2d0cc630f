/**
 * IKE_INTERMEDIATE, responder's side: one additional key exchange after the other, before IKE_AUTH (RFC 9242; RFC 9370, section 2.2.2).
 *
 * @module
 */
import { ExchangeType, NotifyType } from "../../../wire/constants.ts";
import { decodePayloads, type Message } from "../../../wire/message.ts";
import type { Payload } from "../../../wire/payload.ts";
import { checkRules } from "../../../wire/rules.ts";
import { keysFromRekey, wipeIkeSaKeys } from "../../ike_sa/ike_sa_keys.ts";
import { findPayload, notify } from "../../message/notify.ts";
import { identityOf, notOpened, openWhole, type ProtectionContext, sealMessage } from "../../message/protected_message.ts";
import { repeatAnswer, RequestMark } from "../../message/repeated_request.ts";
import { establishKeys, forgetKeySource } from "../../states/first_exchange.ts";
import { firstAuthMessageId } from "../../states/intermediate.ts";
import type { AwaitingAuth } from "../../states/responder_state.ts";
import type { Step } from "../../steps/step.ts";
import { answerExchange } from "../additional_exchange.ts";
import type { AuthAnswer } from "../ike_auth/auth_answer.ts";
import { refuse, refuseUnreadable, responseHeaderOf } from "../ike_auth/responder_refusal.ts";
import type { ResponderContext } from "../responder_context.ts";
import { coveredOwn, coveredReceived, progressAfter } from "./int_auth.ts";

/** HDR, SK {KEi(n)} → HDR, SK {KEr(n)}: then the keys are those that rest on this exchange too. */
export function* respondToIntermediate(state: AwaitingAuth, message: Message, context: ResponderContext): Step<AuthAnswer> {
  const { first, sealed } = state;
  const { suite, fragments, intermediate } = first;
  const beside = { suite, role: "responder", sealed, random: context.random, fragments } as const;
  const ignored = (reason: string, next: AwaitingAuth = state): AuthAnswer => ({ kind: "ignored", reason, next });
  const { messageId } = message.header;
  const expectedId = firstAuthMessageId(first);
  if (messageId === expectedId - 1 && state.intermediate) {
    const answer = yield* repeatAnswer(message, state.intermediate, { ...beside, keys: state.intermediate.keys });
    if (answer === undefined) return ignored("message-id-outside-window");
    const next = { ...state, intermediate: { ...state.intermediate, ...answer } };
    return { kind: "continued", response: answer.lastResponse, next };
  }
  if (messageId !== expectedId) return ignored("message-id-outside-window");
  // The keys of a ticket rest on such exchanges already: it brings none of its own.
  const method = state.presented ? undefined : suite.additional[intermediate?.done ?? 0];
  if (method === undefined) return ignored("unexpected-exchange");
  if (checkRules(ExchangeType.IKE_INTERMEDIATE, false, false, message.payloads) !== undefined) return ignored("malformed-rule");
  const keys = state.keys ?? (yield* establishKeys(first));
  if (keys === undefined) return { kind: "hopeless", reason: "public-value-unacceptable" };
  const protection: ProtectionContext = { ...beside, keys };
  const whole = yield* openWhole(protection, message);
  if (whole === undefined) return ignored(notOpened(message), { ...state, keys });
  if (!whole.ok) return yield* refuseUnreadable(message, protection, whole.error);
  const opened = decodePayloads(whole.value.firstPayload, whole.value.octets);
  if (!opened.ok) return yield* refuseUnreadable(message, protection, opened.error);
  const offered = isRuled(opened.value) ? findPayload(opened.value, "KE") : undefined;
  const { keyPairs, now } = context;
  const pooled = (group: number) => keyPairs.take(group, now.monotonicMs);
  const made = offered?.group === method.id ? yield* answerExchange(method, offered.keyExchangeData, pooled) : undefined;
  if (made === undefined) return yield* refuse(message, protection, [notify(NotifyType.INVALID_SYNTAX)]);
  const payloads: Payload[] = [{ type: "KE", group: method.id, keyExchangeData: made.publicValue }];
  const header = responseHeaderOf(message);
  const response = yield* sealMessage(protection, header, payloads);
  const request = coveredReceived(message.header, whole.value);
  const progress = yield* progressAfter(intermediate, suite, keys, request, coveredOwn(header, payloads));
  const nextKeys = yield* keysFromRekey({ suite, keys }, suite, made.sharedSecret, first.nonces, first.spis);
  // The first exchange's own secret is in the keys now.
  forgetKeySource(first);
  if (state.intermediate) wipeIkeSaKeys(state.intermediate.keys);
  const next: AwaitingAuth = {
    ...state,
    keys: nextKeys,
    first: { ...first, intermediate: progress },
    intermediate: { keys, lastRequest: RequestMark.of(identityOf(message, fragments)), lastResponse: response },
  };
  return { kind: "continued", response, next };
}

function isRuled(payloads: readonly Payload[]): boolean {
  return checkRules(ExchangeType.IKE_INTERMEDIATE, false, true, payloads) === undefined;
}
