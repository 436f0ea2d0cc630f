/**
 * IKE_FOLLOWUP_KE, initiator's side: one additional key exchange after the other, once CREATE_CHILD_SA has agreed on them (RFC 9370,
 * section 2.2.4).
 *
 * @module
 */
import { NotifyType } from "../../../wire/constants.ts";
import type { Payload } from "../../../wire/payload.ts";
import type { AdditionalKeyExchange } from "../../ike_sa/additional_key_exchange.ts";
import { findErrorNotify, findPayload } from "../../message/notify.ts";
import { type FollowupAttempt, wipeAdditional } from "../../states/followup.ts";
import type { Step } from "../../steps/step.ts";
import { newExchange, secretOfAnswer } from "../additional_exchange.ts";
import { linkNotify, linkOf } from "./link.ts";

/**
 * What follows an answer to CREATE_CHILD_SA. `undefined`: the answer does not say how to go on.
 *
 * @param methods at least one.
 * @param sharedSecret of CREATE_CHILD_SA itself; held from now on.
 */
export function* firstFollowup<Making>(
  making: Making,
  methods: readonly AdditionalKeyExchange[],
  sharedSecret: Uint8Array,
  payloads: readonly Payload[],
): Step<FollowupAttempt<Making> | undefined> {
  const link = linkOf(payloads);
  if (link === undefined) return undefined;
  return { making, methods, secrets: [sharedSecret], link, pair: yield* newExchange(methods[0]) };
}

/** KEi(n), N(ADDITIONAL_KEY_EXCHANGE). */
export function followupPayloads({ methods: [method], link, pair }: FollowupAttempt<unknown>): Payload[] {
  return [{ type: "KE", group: method.id, keyExchangeData: pair.publicValue }, linkNotify(link)];
}

export type FollowupOutcome<Making> =
  /** All exchanges are over: their secrets, in order. */
  | { readonly kind: "over"; readonly secrets: readonly Uint8Array[] }
  | { readonly kind: "further"; readonly followup: FollowupAttempt<Making> }
  | { readonly kind: "refused"; readonly notifyType: number };

/** KEr(n) [, N(ADDITIONAL_KEY_EXCHANGE)]; `payloads` is undefined where the answer does not decode, or breaks the rules of its exchange. */
export function* judgeFollowup<Making>(
  followup: FollowupAttempt<Making>,
  payloads: readonly Payload[] | undefined,
): Step<FollowupOutcome<Making>> {
  const { methods: [method, ...rest], pair, secrets, making } = followup;
  const malformed = { kind: "refused", notifyType: NotifyType.INVALID_SYNTAX } as const;
  const error = payloads && findErrorNotify(payloads);
  if (error) return { kind: "refused", notifyType: error.notifyType };
  const answer = payloads && findPayload(payloads, "KE");
  if (answer?.group !== method.id) return malformed;
  const secret = yield* secretOfAnswer(pair, answer.keyExchangeData);
  wipeAdditional(pair);
  if (secret === undefined) return malformed;
  const all = [...secrets, secret];
  if (rest.length === 0) return { kind: "over", secrets: all };
  const link = linkOf(payloads!);
  if (link === undefined) return malformed;
  return { kind: "further", followup: { making, methods: rest, secrets: all, link, pair: yield* newExchange(rest[0]) } };
}
