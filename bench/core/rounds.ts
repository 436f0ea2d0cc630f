/**
 * Times taken in turn: what disturbs the machine for a while disturbs all alike.
 *
 * @module
 */
import { median } from "./median.ts";

export interface Contestant {
  readonly name: string;
  /** One pass over all sessions: microseconds a session. */
  run(): Promise<number>;
}

/** The median of each contestant's rounds, by name. Each round begins with another one; those before the first that counts warm up. */
export async function interleave(
  contestants: readonly Contestant[],
  rounds: number,
  warmUpRounds: number,
): Promise<Record<string, number>> {
  const times = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  for (let round = -warmUpRounds; round < rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const { name, run } = contestants[(turn + round + warmUpRounds) % contestants.length];
      const microseconds = await run();
      if (round >= 0) times.get(name)?.push(microseconds);
    }
  }
  return Object.fromEntries(Array.from(times, ([name, values]) => [name, median(values)]));
}
