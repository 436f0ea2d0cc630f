/**
 * The memory of a batch, as the core's `layout.rs` has it: records | inputs | outputs.
 *
 * @module
 */
import type { CoreExports } from "./generated/exports.ts";
import { RECORD_OCTETS, RECORD_WORDS, WORD_OUTPUT_OFFSET, WORD_STATUS } from "./generated/layout.ts";

/** Writes a batch into the core's memory. One at a time: {@link begin}, the members, the call, {@link copyOutputs}, {@link wipe}. */
export class Arena {
  readonly #core: CoreExports;
  #bytes: Uint8Array;
  #words: Uint32Array;
  #size = 0;
  #start = 0;
  #inputsStart = 0;
  #outputsStart = 0;
  #firstWord = 0;
  #recordWord = 0;
  #inputsUsed = 0;
  #outputsUsed = 0;
  #lastKey: Uint8Array | undefined;
  #lastKeyOffset = 0;

  constructor(core: CoreExports) {
    this.#core = core;
    this.#bytes = new Uint8Array(core.memory.buffer);
    this.#words = new Uint32Array(core.memory.buffer);
  }

  /** @throws RangeError when no arena is that large. */
  begin(members: number, inputs: number, outputs: number): void {
    const recordsSize = members * RECORD_OCTETS;
    this.#size = recordsSize + inputs + outputs;
    this.#start = this.#core.arena(this.#size);
    if (this.#start === 0) {
      const octets = this.#size;
      this.#size = 0;
      throw new RangeError(`the core has no room for a batch of ${octets} octets`);
    }
    // The memory may have grown, and its old buffer is detached then.
    if (this.#bytes.buffer !== this.#core.memory.buffer) {
      this.#bytes = new Uint8Array(this.#core.memory.buffer);
      this.#words = new Uint32Array(this.#core.memory.buffer);
    }
    this.#inputsStart = this.#start + recordsSize;
    this.#outputsStart = this.#inputsStart + inputs;
    this.#firstWord = this.#start / Uint32Array.BYTES_PER_ELEMENT;
    this.#recordWord = this.#firstWord - RECORD_WORDS;
    this.#inputsUsed = 0;
    this.#outputsUsed = 0;
    this.#lastKey = undefined;
  }

  /** Goes on to the next member's record. Words that are not written keep what they had: write all that the operation reads. */
  nextRecord(): void {
    this.#recordWord += RECORD_WORDS;
    this.#words[this.#recordWord + WORD_STATUS] = 0;
  }

  setWord(word: number, value: number): void {
    this.#words[this.#recordWord + word] = value;
  }

  /** An input of one part. `offsetWord` and the word behind it are set to its place. */
  putInput(offsetWord: number, part: Uint8Array): void {
    const offset = this.#inputsUsed;
    this.#put(part);
    this.#setPlace(offsetWord, offset, part.length);
  }

  /** An input of several parts, back to back. */
  putInputs(offsetWord: number, parts: readonly Uint8Array[]): void {
    const offset = this.#inputsUsed;
    for (const part of parts) this.#put(part);
    this.#setPlace(offsetWord, offset, this.#inputsUsed - offset);
  }

  /** A key. The same array in one member after the other is written once, and the core expands it once. */
  putKey(offsetWord: number, key: Uint8Array): void {
    if (key !== this.#lastKey) {
      this.#lastKey = key;
      this.#lastKeyOffset = this.#inputsUsed;
      this.#put(key);
    }
    this.#setPlace(offsetWord, this.#lastKeyOffset, key.length);
  }

  /** Room for an output of `length` octets. */
  placeOutput(length: number): void {
    this.#setPlace(WORD_OUTPUT_OFFSET, this.#outputsUsed, length);
    this.#outputsUsed += length;
  }

  /** Writes what the core changes in place, at `offset` in the output that was placed last. */
  putOutput(offset: number, part: Uint8Array): void {
    const start = this.#outputsStart + this.#words[this.#recordWord + WORD_OUTPUT_OFFSET] + offset;
    this.#write(part, start, this.#start + this.#size);
  }

  status(member: number): number {
    return this.#words[this.#firstWord + member * RECORD_WORDS + WORD_STATUS];
  }

  /** Where a member's output starts among all outputs. */
  outputOffset(member: number): number {
    return this.#words[this.#firstWord + member * RECORD_WORDS + WORD_OUTPUT_OFFSET];
  }

  /** A copy of all outputs in a buffer of its own. */
  copyOutputs(): Uint8Array {
    return this.#bytes.slice(this.#outputsStart, this.#outputsStart + this.#outputsUsed);
  }

  /** Wipes the batch and what the operation left on the core's stack. */
  wipe(): void {
    this.#core.wipe(this.#size);
    this.#size = 0;
    this.#lastKey = undefined;
  }

  #put(part: Uint8Array): void {
    this.#write(part, this.#inputsStart + this.#inputsUsed, this.#outputsStart);
    this.#inputsUsed += part.length;
  }

  /** Never beyond the batch, whatever became of an array since it was measured. */
  #write(part: Uint8Array, start: number, end: number): void {
    if (start + part.length > end) throw new RangeError("an array grew while its batch was written");
    this.#bytes.set(part, start);
  }

  /** A length is the word behind its offset. */
  #setPlace(offsetWord: number, offset: number, length: number): void {
    this.#words[this.#recordWord + offsetWord] = offset;
    this.#words[this.#recordWord + offsetWord + 1] = length;
  }
}
