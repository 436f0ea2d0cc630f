/**
 * An attack that has gone on for a while: what it fills is full before the first client comes.
 *
 * @module
 */
import type { AttackKind } from "../../../src/load/hostile/attack.ts";
import { pace } from "../../../src/load/hostile/pace.ts";

/** What a gateway takes without losing much. */
const DATAGRAMS_A_SECOND = 4_000;
/** For those that are late, in milliseconds. */
const GRACE_MS = 20_000;
const LAST_ANSWERS_MS = 500;

export function filled(kind: AttackKind): AttackKind {
  return {
    name: `${kind.name}-filled`,
    what: `the same, begun so long before that a table of the default size is full`,
    prepare: async (means) => {
      const attack = await kind.prepare(means);
      const { begun } = await pace(DATAGRAMS_A_SECOND, means.datagramsBefore, attack, GRACE_MS);
      await new Promise((resolve) => setTimeout(resolve, LAST_ANSWERS_MS));
      return (index) => attack(begun + index);
    },
  };
}
