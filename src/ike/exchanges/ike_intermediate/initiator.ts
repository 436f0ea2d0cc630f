/**
 * IKE_INTERMEDIATE, initiator's side: one additional key exchange after the other, before IKE_AUTH (RFC 9242; RFC 9370, section 2.2.2).
 *
 * @module
 */
import { ExchangeType } from "../../../wire/constants.ts";
import { decodePayloads, type Message } from "../../../wire/message.ts";
import type { Payload } from "../../../wire/payload.ts";
import { checkRules } from "../../../wire/rules.ts";
import { keysFromRekey } from "../../ike_sa/ike_sa_keys.ts";
import { findPayload } from "../../message/notify.ts";
import { notOpened, openWhole, sealMessage } from "../../message/protected_message.ts";
import { firstSent } from "../../message/retransmission.ts";
import { type Effect, sendEach } from "../../states/effect.ts";
import type { FirstExchange } from "../../states/first_exchange.ts";
import { type AdditionalExchange, type AwaitingAuthResponse, protectionOfAttempt } from "../../states/initiator_state.ts";
import { firstAuthMessageId } from "../../states/intermediate.ts";
import type { Step } from "../../steps/step.ts";
import { newExchange, secretOfAnswer } from "../additional_exchange.ts";
import type { InitiatorContext } from "../initiator_context.ts";
import { coveredOwn, coveredReceived, progressAfter } from "./int_auth.ts";

/** An answer to the first request, all that is known of it before the next request. */
export type Candidate = Omit<AwaitingAuthResponse, "request" | "messageId" | "exchanging">;

/** The additional key exchange that is due; `undefined`: all are over, and IKE_AUTH follows. A resumed IKE SA has none: its keys rest on them. */
export function additionalDue(
  { suite, keySource, intermediate }: FirstExchange,
): FirstExchange["suite"]["additional"][number] | undefined {
  return keySource.kind === "ticket" ? undefined : suite.additional[intermediate?.done ?? 0];
}

/** Sends HDR, SK {KEi(n)} for the exchange that is due. */
export function* sendIntermediate(
  candidate: Candidate,
  method: NonNullable<ReturnType<typeof additionalDue>>,
  { configuration, random, now }: InitiatorContext,
): Step<{ readonly candidate: AwaitingAuthResponse; readonly effects: readonly Effect[] }> {
  const pair = yield* newExchange(method);
  const payloads: Payload[] = [{ type: "KE", group: method.id, keyExchangeData: pair.publicValue }];
  const messageId = firstAuthMessageId(candidate.first);
  const header = {
    ...candidate.first.spis,
    exchangeType: ExchangeType.IKE_INTERMEDIATE,
    fromInitiator: true,
    isResponse: false,
    messageId,
  };
  const octets = yield* sealMessage(protectionOfAttempt(candidate, random), header, payloads);
  const request = firstSent(octets, configuration.retransmission, now.monotonicMs, random);
  const exchanging: AdditionalExchange = { method: method.id, pair, covered: coveredOwn(header, payloads) };
  return { candidate: { ...candidate, request, messageId, exchanging }, effects: sendEach(octets, candidate.path) };
}

/** HDR, SK {KEr(n)}: what is known of the answer now. A word: the message changes nothing. `undefined`: it is authentic, and wrong. */
export function* finishIntermediate(
  state: AwaitingAuthResponse,
  exchanging: AdditionalExchange,
  message: Message,
  { random }: InitiatorContext,
): Step<Candidate | string | undefined> {
  const { first, keys } = state;
  const { suite } = first;
  if (checkRules(ExchangeType.IKE_INTERMEDIATE, true, false, message.payloads) !== undefined) return "malformed-rule";
  const whole = yield* openWhole(protectionOfAttempt(state, random), message);
  if (whole === undefined) return notOpened(message);
  const opened = whole.ok ? decodePayloads(whole.value.firstPayload, whole.value.octets) : whole;
  if (!whole.ok || !opened.ok) return undefined;
  if (checkRules(ExchangeType.IKE_INTERMEDIATE, true, true, opened.value) !== undefined) return undefined;
  const answer = findPayload(opened.value, "KE");
  const sharedSecret = answer?.group === exchanging.method
    ? yield* secretOfAnswer(exchanging.pair, answer.keyExchangeData)
    : undefined;
  if (sharedSecret === undefined) return undefined;
  const response = coveredReceived(message.header, whole.value);
  const intermediate = yield* progressAfter(first.intermediate, suite, keys, exchanging.covered, response);
  const nextKeys = yield* keysFromRekey({ suite, keys }, suite, sharedSecret, first.nonces, first.spis);
  const { request: _, messageId: __, exchanging: ___, ...rest } = state;
  return { ...rest, first: { ...first, intermediate }, keys: nextKeys };
}
