/**
 * What both first exchanges make of an answer that is not the one they hoped for. Nobody signs these: each is a hint and no more.
 *
 * @module
 */
import { NotifyType } from "../../wire/constants.ts";
import type { Message } from "../../wire/message.ts";
import { sameOctets } from "../../wire/octets.ts";
import type { Payload } from "../../wire/payload.ts";
import { findNotify, notify } from "../message/notify.ts";
import type { DownReason } from "../states/effect.ts";
import {
  type AwaitingFirst,
  type Demand,
  dropped,
  type FirstRequest,
  type InitiatorTransition,
} from "../states/initiator_state.ts";
import { isFresh } from "./candidates.ts";
import type { InitiatorContext } from "./initiator_context.ts";

/** Longest cookie (RFC 7296, section 2.6). */
const MAXIMUM_COOKIE_LENGTH = 64;

/** N(COOKIE) at the head of a request, when the gateway has asked for one. */
export function cookiePayloads(cookie: Uint8Array | undefined): Payload[] {
  return cookie ? [notify(NotifyType.COOKIE, cookie)] : [];
}

/** The cookie that an answer asks for; a copy. */
export function requestedCookie({ payloads }: Pick<Message, "payloads">): Uint8Array | undefined {
  const cookie = findNotify(payloads, NotifyType.COOKIE)?.data;
  return cookie && cookie.length > 0 && cookie.length <= MAXIMUM_COOKIE_LENGTH ? cookie.slice() : undefined;
}

/** The answer to a request that was sent twice comes twice: one new request for it is enough. */
export function isSentAlready({ cookie: sent }: FirstRequest, cookie: Uint8Array): boolean {
  return sent !== undefined && sameOctets(sent, cookie);
}

/**
 * Whether a demand has to wait: for what comes of an answer that looks right, or, where an earlier attempt failed because of a cookie that
 * may have been a forger's, for an answer that needs none.
 */
export function putOff(state: AwaitingFirst, what: Demand, context: InitiatorContext): InitiatorTransition | undefined {
  const { configuration, now, cautious } = context;
  const isCautious = cautious && what.kind === "cookie";
  if (!isCautious && !state.candidates.some(isFresh)) return undefined;
  const untilMs = state.demand?.untilMs ?? (isCautious ? now.monotonicMs + configuration.refusalPatienceMs : now.monotonicMs);
  return dropped({ ...state, demand: { what, untilMs } }, "put-off");
}

/**
 * A refusal that nobody signed: anyone on the path could have sent it, so it is only a hint. A real answer is waited for a little longer
 * (RFC 5723, section 9.4; RFC 7296, section 2.21.1).
 *
 * @param to the gateway that it leads to.
 */
export function refusedUnsigned(
  state: AwaitingFirst,
  reason: DownReason,
  { configuration, now }: InitiatorContext,
  to?: string,
): InitiatorTransition {
  const refusal = state.refusal ?? { reason, to, untilMs: now.monotonicMs + configuration.refusalPatienceMs };
  if (state.candidates.length > 0) return dropped({ ...state, refusal }, "unsigned-refusal");
  return { next: { ...state, refusal }, effects: [] };
}
