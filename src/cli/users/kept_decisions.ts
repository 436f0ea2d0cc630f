/**
 * What a hook decided, kept for so many identities.
 *
 * @module
 */
import type { UserRules } from "./user_rules.ts";

/** What an identity may do; `undefined`: nothing. */
export type Decision = UserRules | undefined;

export interface KeptDecision {
  readonly decision: Decision;
  /** From when on it is asked anew; it is known for longer. */
  readonly untilMs: number;
}

/** By identity; where there are more than may be, the one goes that was not used for the longest time. */
export class KeptDecisions {
  readonly #most: number;
  /** The one that was used last stands at the end. */
  readonly #kept = new Map<string, KeptDecision>();

  constructor(most: number) {
    this.#most = most;
  }

  used(key: string): KeptDecision | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept;
  }

  add(key: string, kept: KeptDecision): void {
    this.#kept.set(key, kept);
    if (this.#kept.size > this.#most) this.#kept.delete(this.#kept.keys().next().value!);
  }

  delete(key: string): void {
    this.#kept.delete(key);
  }

  /** All are asked anew from now on. */
  expire(): void {
    for (const [key, { decision }] of this.#kept) this.#kept.set(key, { decision, untilMs: -Infinity });
  }
}
