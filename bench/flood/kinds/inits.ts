/**
 * IKE_SA_INIT requests that nobody listens for the answers of: each has a new initiator SPI, and asks for a key pair of a group.
 *
 * @module
 */
import type { KeyExchangeGroup } from "../../../src/crypto/algorithms.ts";
import { CURVE25519, ECP_256, ECP_384, MODP_2048 } from "../../../src/crypto/registry.ts";
import type { AttackKind } from "../../../src/load/hostile/attack.ts";
import { openAll, sendMade } from "../../../src/load/hostile/senders.ts";
import { ATTACKER_ADDRESS, ATTACKER_ADDRESSES } from "../setting.ts";
import { initMessage, varied } from "../../../src/load/hostile/first_messages.ts";

/** Public values that are made beforehand. */
const PUBLIC_VALUES = 16;

const GROUPS: readonly (readonly [name: string, group: KeyExchangeGroup])[] = [
  ["init-curve25519", CURVE25519],
  ["init-p256", ECP_256],
  ["init-p384", ECP_384],
  ["init-modp2048", MODP_2048],
];

export const INITS: readonly AttackKind[] = [
  ...GROUPS.map(([name, group]) => inits(name, group, "one address", [ATTACKER_ADDRESS])),
  // The two that cost most, as by someone who forges the source.
  inits("init-p384-many-addresses", ECP_384, "many networks", ATTACKER_ADDRESSES),
  inits("init-modp2048-many-addresses", MODP_2048, "many networks", ATTACKER_ADDRESSES),
];

function inits(name: string, group: KeyExchangeGroup, from: string, addresses: readonly string[]): AttackKind {
  return {
    name,
    what: `IKE_SA_INIT with ${group.name} from ${from}, cookies not answered`,
    prepare: async (means) => {
      const messages = Array.from({ length: PUBLIC_VALUES }, () => initMessage(group, means.keyExchange));
      return sendMade(await openAll(means, addresses), (index) => varied(messages[index % messages.length]));
    },
  };
}
