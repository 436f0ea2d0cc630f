/**
 * IKE_SA_INIT requests of one address that never listens: each has a new initiator SPI, and asks for a key pair of a group.
 *
 * @module
 */
import type { KeyExchangeGroup } from "../../../src/crypto/algorithms.ts";
import { CURVE25519, ECP_256, ECP_384, MODP_2048 } from "../../../src/crypto/registry.ts";
import type { AttackKind } from "../attack.ts";
import { openAll, sendMade } from "../senders.ts";
import { ATTACKER_ADDRESS } from "../setting.ts";
import { initMessage, varied } from "./first_messages.ts";

/** Public values that are made beforehand. */
const PUBLIC_VALUES = 16;

export const INITS: readonly AttackKind[] = [
  inits("init-curve25519", CURVE25519),
  inits("init-p256", ECP_256),
  inits("init-p384", ECP_384),
  inits("init-modp2048", MODP_2048),
];

function inits(name: string, group: KeyExchangeGroup): AttackKind {
  return {
    name,
    what: `IKE_SA_INIT with ${group.name} from one address, cookies not answered`,
    prepare: async (means) => {
      const messages = Array.from({ length: PUBLIC_VALUES }, () => initMessage(group, means.keyExchange));
      return sendMade(await openAll(means, [ATTACKER_ADDRESS]), (index) => varied(messages[index % messages.length]));
    },
  };
}
