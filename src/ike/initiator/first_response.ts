/**
 * What both first exchanges make of an answer that is not the one they hoped for.
 *
 * @module
 */
import { type Message } from "../../wire/message.ts";
import { NotifyType } from "../../wire/constants.ts";
import { sameOctets } from "../../wire/octets.ts";
import type { Payload } from "../../wire/payload.ts";
import type { DownReason } from "../effect.ts";
import { findNotify, notify } from "../notify.ts";
import type { AwaitingInitResponse, AwaitingResumeResponse, InitiatorContext, InitiatorTransition } from "./state.ts";

/** Longest cookie (RFC 7296, section 2.6). */
const MAXIMUM_COOKIE_LENGTH = 64;

/** N(COOKIE) at the head of a request, when the gateway has asked for one. */
export function cookiePayloads(cookie: Uint8Array | undefined): Payload[] {
  return cookie ? [notify(NotifyType.COOKIE, cookie)] : [];
}

/** The cookie that an answer asks for; a copy. */
export function requestedCookie({ payloads }: Message): Uint8Array | undefined {
  const cookie = findNotify(payloads, NotifyType.COOKIE)?.data;
  return cookie && cookie.length > 0 && cookie.length <= MAXIMUM_COOKIE_LENGTH ? cookie.slice() : undefined;
}

/** The answer to a request that was sent twice comes twice: one new request for it is enough. */
export function isSentAlready(state: AwaitingInitResponse | AwaitingResumeResponse, cookie: Uint8Array): boolean {
  return state.cookie !== undefined && sameOctets(state.cookie, cookie);
}

/**
 * A refusal that nobody signed: anyone on the path could have sent it, so it is only a hint. A real answer is waited for a little longer
 * (RFC 5723, section 9.4; RFC 7296, section 2.21.1).
 */
export function refusedUnsigned<State extends AwaitingInitResponse | AwaitingResumeResponse>(
  state: State,
  reason: DownReason,
  { configuration, now }: InitiatorContext,
): InitiatorTransition {
  if (state.refusal !== undefined) return { next: state, effects: [] };
  const refusal = { reason, untilMs: now.monotonicMs + configuration.refusalPatienceMs };
  return { next: { ...state, refusal }, effects: [] };
}
