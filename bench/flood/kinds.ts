/**
 * All kinds of attack, by name.
 *
 * @module
 */
import type { AttackKind } from "../../src/load/hostile/attack.ts";
import { AUTHENTIC_FRAGMENTS } from "./kinds/authentic_fragments.ts";
import { garbage, garbageHeaders } from "../../src/load/hostile/garbage.ts";
import { GARBAGE_AUTHS } from "./kinds/garbage_auth.ts";
import { HALF_OPENS } from "./kinds/half_open.ts";
import { INITS } from "./kinds/inits.ts";
import { TICKETS } from "./kinds/tickets.ts";
import { ATTACKER_ADDRESSES } from "./setting.ts";

export const ATTACK_KINDS: readonly AttackKind[] = [
  garbage(ATTACKER_ADDRESSES),
  garbageHeaders(ATTACKER_ADDRESSES),
  ...INITS,
  ...TICKETS,
  ...HALF_OPENS,
  ...GARBAGE_AUTHS,
  AUTHENTIC_FRAGMENTS,
];

export function attackKind(name: string): AttackKind | undefined {
  return ATTACK_KINDS.find((kind) => kind.name === name);
}
