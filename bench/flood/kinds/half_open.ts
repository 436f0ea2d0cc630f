/**
 * The table of half-open IKE SAs fills with those that IKE_SA_INIT began.
 *
 * @module
 */
import { CURVE25519 } from "../../../src/crypto/registry.ts";
import type { AttackKind } from "../../../src/load/hostile/attack.ts";
import { ATTACKER_ADDRESS, ATTACKER_ADDRESSES, NEIGHBOUR_ADDRESSES } from "../setting.ts";
import { filled } from "./filled.ts";
import { initMessage } from "../../../src/load/hostile/first_messages.ts";
import { leftHalfOpen } from "../../../src/load/hostile/left_half_open.ts";

const PUBLIC_VALUES = 16;

const OF_ONE = halfOpen("half-open", "IKE_SA_INIT from one address, cookies answered, IKE_AUTH never sent", [ATTACKER_ADDRESS]);
const OF_MANY = halfOpen("half-open-many-addresses", "the same from many networks", ATTACKER_ADDRESSES);
const OF_NEIGHBOURS = halfOpen("half-open-beside-clients", "the same from the clients' own networks", NEIGHBOUR_ADDRESSES);

export const HALF_OPENS: readonly AttackKind[] = [
  OF_ONE,
  filled(OF_ONE),
  OF_MANY,
  filled(OF_MANY),
  OF_NEIGHBOURS,
  filled(OF_NEIGHBOURS),
];

function halfOpen(name: string, what: string, addresses: readonly string[]): AttackKind {
  return leftHalfOpen(
    name,
    what,
    addresses,
    ({ keyExchange }) => Array.from({ length: PUBLIC_VALUES }, () => initMessage(CURVE25519, keyExchange)),
  );
}
