import type { SpiPair } from "../../../src/ike/ike_sa/spi.ts";

/** Whether two pairs name the same IKE SA. */
export function sameSpis(one: SpiPair | undefined, other: SpiPair): boolean {
  return one?.initiatorSpi === other.initiatorSpi && one.responderSpi === other.responderSpi;
}
