/**
 * Refusals by their reasons, which are a small set of words.
 *
 * @module
 */
import type { Effect } from "../../ike/states/effect.ts";

/** Counts by reason, of each kind of refusal; of tickets by the profile too that they were presented by. */
export interface RefusalCounts {
  readonly tickets_refused: Readonly<Record<string, number>>;
  readonly tickets_refused_by_profile: Readonly<Record<string, number>>;
  readonly inits_refused: Readonly<Record<string, number>>;
  readonly dropped_messages: Readonly<Record<string, number>>;
  readonly ike_sas_ended: Readonly<Record<string, number>>;
}

/** Beyond so many words something is wrong with them: all others count as one. */
const MOST_REASONS = 64;
const OTHER = "other";

export class Refusals {
  readonly #counts = {
    tickets_refused: {} as Record<string, number>,
    tickets_refused_by_profile: {} as Record<string, number>,
    inits_refused: {} as Record<string, number>,
    dropped_messages: {} as Record<string, number>,
    ike_sas_ended: {} as Record<string, number>,
  };

  get counts(): RefusalCounts {
    return this.#counts;
  }

  take(effect: Effect): void {
    switch (effect.type) {
      case "ticket-refused":
        count(this.#counts.tickets_refused_by_profile, effect.profile);
        return count(this.#counts.tickets_refused, effect.reason);
      case "init-refused":
        return count(this.#counts.inits_refused, effect.reason);
      case "dropped":
        return count(this.#counts.dropped_messages, effect.reason);
      case "ike-sa-down":
        return count(this.#counts.ike_sas_ended, effect.reason);
    }
  }
}

/** The sum over several workers. */
export function sumOfRefusals(each: readonly RefusalCounts[]): RefusalCounts {
  const sum = new Refusals().counts;
  for (const counts of each) {
    for (const kind of Object.keys(sum) as (keyof RefusalCounts)[]) {
      const into = sum[kind] as Record<string, number>;
      for (const [reason, times] of Object.entries(counts[kind])) count(into, reason, times);
    }
  }
  return sum;
}

function count(counts: Record<string, number>, reason: string, times = 1): void {
  const known = Object.hasOwn(counts, reason) || Object.keys(counts).length < MOST_REASONS;
  const name = known ? reason : OTHER;
  counts[name] = (counts[name] ?? 0) + times;
}
