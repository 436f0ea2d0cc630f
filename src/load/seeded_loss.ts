/**
 * A network that loses datagrams, by seed: the n-th datagram of a direction is lost, or not, in every run alike.
 *
 * @module
 */
import type { LossModel } from "../client/initiator_driver.ts";
import type { RandomSource } from "../crypto/key_exchange.ts";
import { seededRandom } from "./seeded_random.ts";

const DRAW_LENGTH = 4;
const DRAW_RANGE = 2 ** 32;

export class SeededLoss implements LossModel {
  readonly #share: number;
  readonly #draws: { readonly outbound: RandomSource; readonly inbound: RandomSource };

  /** `share`: of the datagrams of each direction, 0 to 1. */
  constructor(share: number, seed: number) {
    this.#share = share;
    this.#draws = { outbound: seededRandom(seed, "outbound loss"), inbound: seededRandom(seed, "inbound loss") };
  }

  loses(direction: "outbound" | "inbound"): boolean {
    if (this.#share === 0) return false;
    const draw = this.#draws[direction](DRAW_LENGTH);
    return new DataView(draw.buffer).getUint32(0) < this.#share * DRAW_RANGE;
  }
}
