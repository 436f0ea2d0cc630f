/**
 * What key exchanges cost a gateway, in exchanges of Curve25519: by it a client is asked for a cookie.
 *
 * @module
 */
import { groupById } from "../../crypto/registry.ts";
import type { IkeSuite } from "./suite.ts";

/** Of a group; 1 of one that is not known, whose message is refused. */
export function costOfGroup(group: number | undefined): number {
  return groupById(group ?? 0)?.cost ?? 1;
}

/** With the additional key exchanges. */
export function costOfSuite({ group, additional }: IkeSuite): number {
  return additional.reduce((sum, { cost }) => sum + cost, group.cost);
}
