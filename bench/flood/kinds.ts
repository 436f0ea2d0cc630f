/**
 * All kinds of attack, by name.
 *
 * @module
 */
import type { AttackKind } from "./attack.ts";
import { AUTHENTIC_FRAGMENTS } from "./kinds/authentic_fragments.ts";
import { GARBAGE, GARBAGE_HEADERS } from "./kinds/garbage.ts";
import { GARBAGE_AUTHS } from "./kinds/garbage_auth.ts";
import { HALF_OPENS } from "./kinds/half_open.ts";
import { INITS } from "./kinds/inits.ts";
import { TICKETS } from "./kinds/tickets.ts";

export const ATTACK_KINDS: readonly AttackKind[] = [
  GARBAGE,
  GARBAGE_HEADERS,
  ...INITS,
  ...TICKETS,
  ...HALF_OPENS,
  ...GARBAGE_AUTHS,
  AUTHENTIC_FRAGMENTS,
];

export function attackKind(name: string): AttackKind | undefined {
  return ATTACK_KINDS.find((kind) => kind.name === name);
}
