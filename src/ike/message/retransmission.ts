/**
 * When a request without an answer is sent again (RFC 7296, section 2.1 and 2.4).
 *
 * @module
 */
import { fillRandomly, type RandomSource } from "../../crypto/key_exchange.ts";

/** Exponential back-off. The wait before sending again for the n-th time is initialMs × factor^(n-1), at most maximumMs. */
export interface RetransmissionPolicy {
  /** Milliseconds, above 0. */
  readonly initialMs: number;
  /** 1 or more. */
  readonly factor: number;
  /** Milliseconds. */
  readonly maximumMs: number;
  /** How often a request is sent in all, from 1. */
  readonly attempts: number;
  /** 0 to 1: how much of each wait is drawn at random, so that clients that lost their gateway at one moment do not move in step. */
  readonly jitter: number;
}

/** Half a second, then slower, for about 25 seconds in all. */
export const DEFAULT_RETRANSMISSION: RetransmissionPolicy = {
  initialMs: 500,
  factor: 1.8,
  maximumMs: 8_000,
  attempts: 7,
  jitter: 0.2,
};

/** A request that waits for its answer. */
export interface Outstanding {
  readonly octets: Uint8Array;
  /** How often it has been sent. */
  readonly sent: number;
  /** Monotonic milliseconds: when to send it again, or to give up. */
  readonly dueAtMs: number;
}

/** A request that was just sent for the first time. */
export function firstSent(octets: Uint8Array, policy: RetransmissionPolicy, nowMs: number, random: RandomSource): Outstanding {
  return { octets, sent: 1, dueAtMs: nowMs + waitAfter(1, policy, random) };
}

/** The same request after it was sent once more; `undefined` when it has been sent as often as the policy allows. */
export function sentAgain(
  outstanding: Outstanding,
  policy: RetransmissionPolicy,
  nowMs: number,
  random: RandomSource,
): Outstanding | undefined {
  if (outstanding.sent >= policy.attempts) return undefined;
  const sent = outstanding.sent + 1;
  return { octets: outstanding.octets, sent, dueAtMs: nowMs + waitAfter(sent, policy, random) };
}

/** How long a request waits for its answer in all, at most, in milliseconds. */
export function longestWaitMs({ initialMs, factor, maximumMs, attempts }: RetransmissionPolicy): number {
  let total = 0;
  for (let sent = 1; sent <= attempts; sent++) total += Math.min(initialMs * factor ** (sent - 1), maximumMs);
  return total;
}

/** @throws {RangeError} what is out of range, and what would be right. */
export function checkRetransmissionPolicy(policy: RetransmissionPolicy): void {
  const check = (right: boolean, what: string) => {
    if (!right) throw new RangeError(`retransmission: ${what}`);
  };
  check(policy.initialMs > 0, `initialMs is ${policy.initialMs}, expected more than 0`);
  check(policy.factor >= 1, `factor is ${policy.factor}, expected 1 or more`);
  check(policy.maximumMs >= policy.initialMs, `maximumMs is ${policy.maximumMs}, expected initialMs or more`);
  check(
    Number.isInteger(policy.attempts) && policy.attempts >= 1,
    `attempts is ${policy.attempts}, expected a whole number from 1`,
  );
  check(policy.jitter >= 0 && policy.jitter <= 1, `jitter is ${policy.jitter}, expected 0 to 1`);
}

function waitAfter(sent: number, policy: RetransmissionPolicy, random: RandomSource): number {
  const full = Math.min(policy.initialMs * policy.factor ** (sent - 1), policy.maximumMs);
  if (policy.jitter === 0) return full;
  fillRandomly(drawn, random);
  return full * (1 - policy.jitter * drawn[0] / 255);
}

/** No secret: one for all, which the next writes over. */
const drawn = new Uint8Array(1);
