/**
 * A network that loses datagrams and doubles others, by seed: to the n-th datagram of a direction the same happens in every run.
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
  readonly #duplication: number;
  readonly #draws: { readonly outbound: RandomSource; readonly inbound: RandomSource };

  /** `share` and `duplication`: of the datagrams of each direction, 0 to 1 and no more than 1 together. */
  constructor(share: number, seed: number, duplication = 0) {
    this.#share = share;
    this.#duplication = duplication;
    this.#draws = { outbound: seededRandom(seed, "outbound loss"), inbound: seededRandom(seed, "inbound loss") };
  }

  copies(direction: "outbound" | "inbound"): 0 | 1 | 2 {
    if (this.#share === 0 && this.#duplication === 0) return 1;
    const draw = new DataView(this.#draws[direction](DRAW_LENGTH).buffer).getUint32(0) / DRAW_RANGE;
    if (draw < this.#share) return 0;
    return draw < this.#share + this.#duplication ? 2 : 1;
  }
}
