/**
 * Small arrays cut from larger ones: an array of a few hundred octets with a buffer of its own costs an engine more than what is written into it.
 *
 * @module
 */

/** Octets of a chunk. A piece keeps its whole chunk in memory, so it is small: what is cut from one is mostly forgotten together. */
const CHUNK_LENGTH = 16_384;
/** What is longer has a buffer of its own. */
const LONGEST_PIECE = 2_048;

/** For what is kept and sent alike. Secrets and messages are cut from different ones: whoever has a message has its buffer. */
export class OctetChunks {
  #chunk: Uint8Array = NOTHING;
  #used = 0;

  /** New zeros. */
  take(length: number): Uint8Array {
    if (length > LONGEST_PIECE) return new Uint8Array(length);
    if (this.#used + length > this.#chunk.length) {
      this.#chunk = new Uint8Array(CHUNK_LENGTH);
      this.#used = 0;
    }
    return this.#chunk.subarray(this.#used, this.#used += length);
  }
}

const NOTHING = new Uint8Array(0);
