/**
 * How a client comes back to a gateway that it has lost, and what is told of it.
 *
 * @module
 */
import type { RandomSource } from "../crypto/key_exchange.ts";
import type { DownReason } from "../ike/states/effect.ts";

/** Exponential back-off between attempts, each of which is an exchange by ticket, where there is one, and a full exchange after it. */
export interface ReconnectPolicy {
  /** The wait before the first attempt, in milliseconds; 0 or more. Default 1,000. */
  readonly initialMs: number;
  /** By how much each wait is longer than the one before; 1 or more. Default 2. */
  readonly factor: number;
  /** The longest wait, in milliseconds. Default 60,000. */
  readonly maximumMs: number;
  /** 0 to 1: how much of each wait is drawn at random, so that clients that lost their gateway at one moment do not all come back at one. Default 0.5. */
  readonly jitter: number;
  /** Most attempts in a row, from 1. Default Infinity: until the session is closed. */
  readonly attempts: number;
}

export const DEFAULT_RECONNECT_POLICY: ReconnectPolicy = {
  initialMs: 1_000,
  factor: 2,
  maximumMs: 60_000,
  jitter: 0.5,
  attempts: Infinity,
};

/** Events of a session that comes back by itself. */
export type ReconnectionEvent =
  /** The gateway does not answer any more. */
  | { readonly type: "connection-lost"; readonly reason: DownReason }
  /** The next attempt begins in so many milliseconds. `cause`: why the one before it failed. */
  | { readonly type: "reconnecting"; readonly attempt: number; readonly delayMs: number; readonly cause?: unknown }
  /** The session is up again, with another IKE SA and another Child SA. */
  | { readonly type: "connection-back"; readonly attempt: number; readonly resumed: boolean }
  /** A new full exchange has taken the place of the IKE SA before its time was over (RFC 4478): another IKE SA and another Child SA. */
  | { readonly type: "reauthenticated" }
  /** The gateway has sent the client to another one (RFC 5685, section 5), where it is up now: another IKE SA and another Child SA. */
  | { readonly type: "redirected"; readonly to: string; readonly resumed: boolean };

/**
 * Fills in what is not given.
 *
 * @throws {RangeError} what is out of range, and what would be right.
 */
export function reconnectPolicy(options: Partial<ReconnectPolicy>): ReconnectPolicy {
  const policy = { ...DEFAULT_RECONNECT_POLICY, ...options };
  const check = (right: boolean, what: string) => {
    if (!right) throw new RangeError(`reconnect: ${what}`);
  };
  check(policy.initialMs >= 0, `initialMs is ${policy.initialMs}, expected 0 or more`);
  check(policy.factor >= 1, `factor is ${policy.factor}, expected 1 or more`);
  check(policy.maximumMs >= policy.initialMs, `maximumMs is ${policy.maximumMs}, expected initialMs or more`);
  check(policy.jitter >= 0 && policy.jitter <= 1, `jitter is ${policy.jitter}, expected 0 to 1`);
  check(
    policy.attempts === Infinity || Number.isInteger(policy.attempts) && policy.attempts >= 1,
    `attempts is ${policy.attempts}, expected a whole number from 1, or Infinity`,
  );
  return policy;
}

/** The wait before an attempt, counted from 1, in whole milliseconds. */
export function delayBefore(attempt: number, policy: ReconnectPolicy, random: RandomSource): number {
  const full = Math.min(policy.initialMs * policy.factor ** (attempt - 1), policy.maximumMs);
  const [high, low] = random(2);
  return Math.round(full * (1 - policy.jitter * (high << 8 | low) / 0xffff));
}
