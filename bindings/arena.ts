/**
 * The memory of a batch, as the core's `layout.rs` has it: records | inputs | outputs.
 *
 * @module
 */
import type { CoreExports } from "./generated/exports.ts";
import { MAX_ARENA_OCTETS, RECORD_OCTETS, RECORD_WORDS, WORD_OUTPUT_OFFSET, WORD_STATUS } from "./generated/layout.ts";

/** The outputs of a batch. */
export interface Outputs {
  readonly outputs: Uint8Array;
  readonly messages: Uint8Array;
}

/** Writes a batch into the core's memory. One at a time: {@link begin}, the records, the call, {@link copyOutputs}, {@link wipe}. */
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
  #messagesStart = 0;
  #messagesUsed = 0;
  #lastOutput = 0;
  /** The key that stood last in each kind of record, and where it was written. */
  readonly #lastKeys: (Uint8Array | undefined)[] = [];
  readonly #lastKeyOffsets: number[] = [];

  constructor(core: CoreExports) {
    this.#core = core;
    this.#bytes = new Uint8Array(core.memory.buffer);
    this.#words = new Uint32Array(core.memory.buffer);
  }

  /** @throws RangeError when no arena is that large. */
  begin(records: number, inputs: number, outputs: number, messages = 0): void {
    const recordsSize = records * RECORD_OCTETS;
    this.#size = recordsSize + inputs + outputs + messages;
    // The core would take a larger number modulo 2^32.
    this.#start = this.#size > MAX_ARENA_OCTETS ? 0 : this.#core.arena(this.#size);
    if (this.#start === 0) {
      const octets = this.#size;
      this.#size = 0;
      throw new RangeError(`the core has no room for a batch of ${octets} octets`);
    }
    this.renewViews();
    this.#inputsStart = this.#start + recordsSize;
    this.#outputsStart = this.#inputsStart + inputs;
    this.#firstWord = this.#start / Uint32Array.BYTES_PER_ELEMENT;
    this.#recordWord = this.#firstWord - RECORD_WORDS;
    this.#inputsUsed = 0;
    this.#outputsUsed = 0;
    this.#messagesStart = outputs;
    this.#messagesUsed = 0;
    this.#lastKeys.length = 0;
  }

  /** To be called after each call of the core: the memory may have grown, and its old buffer is detached then. */
  renewViews(): void {
    if (this.#bytes.buffer === this.#core.memory.buffer) return;
    this.#bytes = new Uint8Array(this.#core.memory.buffer);
    this.#words = new Uint32Array(this.#core.memory.buffer);
  }

  /** Goes on to the next record. Words that are not written keep what they had: write all that the operation reads. */
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

  /** The same, of an input that stands in an array from `start` to `end`: no view of it is made. */
  putInputFrom(offsetWord: number, octets: Uint8Array, start: number, end: number): void {
    const offset = this.#inputsUsed;
    const target = this.#room(end - start, this.#inputsStart + offset, this.#outputsStart);
    for (let at = start; at < end; at++) this.#bytes[target + at - start] = octets[at];
    this.#inputsUsed += end - start;
    this.#setPlace(offsetWord, offset, end - start);
  }

  /** An octet, three zeros, and octets behind them. */
  putTypedInput(offsetWord: number, type: number, content: Uint8Array): void {
    const offset = this.#inputsUsed;
    const target = this.#room(TYPE_OCTETS, this.#inputsStart + offset, this.#outputsStart);
    this.#bytes[target] = type;
    this.#bytes.fill(0, target + 1, target + TYPE_OCTETS);
    this.#inputsUsed += TYPE_OCTETS;
    this.#put(content);
    this.#setPlace(offsetWord, offset, this.#inputsUsed - offset);
  }

  /** A label and octets as one input, and the same octets with two numbers of 64 bits behind them as the next: the octets are written once. */
  putLabelled(
    offsetWord: number,
    label: Uint8Array,
    octets: Uint8Array,
    nextWord: number,
    first: bigint,
    second: bigint,
  ): void {
    const offset = this.#inputsUsed;
    this.#put(label);
    this.#put(octets);
    this.#setPlace(offsetWord, offset, label.length + octets.length);
    numbersView.setBigUint64(0, first);
    numbersView.setBigUint64(8, second);
    this.#put(numbers);
    this.#setPlace(nextWord, offset + label.length, octets.length + numbers.length);
  }

  /** An input of several parts, back to back. */
  putInputs(offsetWord: number, parts: readonly Uint8Array[]): void {
    const offset = this.#inputsUsed;
    for (const part of parts) this.#put(part);
    this.#setPlace(offsetWord, offset, this.#inputsUsed - offset);
  }

  /** Two inputs. An array that both ends the first and begins the second is written once. */
  putOverlappingInputs(
    offsetWord: number,
    parts: readonly Uint8Array[],
    nextWord: number,
    nextParts: readonly Uint8Array[],
  ): void {
    this.putInputs(offsetWord, parts);
    const shared = parts.length > 0 && parts[parts.length - 1] === nextParts[0] ? 1 : 0;
    const offset = this.#inputsUsed - (shared > 0 ? nextParts[0].length : 0);
    for (let i = shared; i < nextParts.length; i++) this.#put(nextParts[i]);
    this.#setPlace(nextWord, offset, this.#inputsUsed - offset);
  }

  /**
   * A key. The same array in one member after the other is written once, and the core expands it once where it takes its cipher
   * in lanes.
   *
   * @param place which of its member's records this is
   */
  putKey(offsetWord: number, key: Uint8Array, place: number): void {
    if (key !== this.#lastKeys[place]) {
      this.#lastKeys[place] = key;
      this.#lastKeyOffsets[place] = this.#inputsUsed;
      this.#put(key);
    }
    this.#setPlace(offsetWord, this.#lastKeyOffsets[place], key.length);
  }

  /** A key in the output of the member's first record, which the core derives before it reads this one. */
  placeKey(offsetWord: number, offset: number, length: number): void {
    this.#setPlace(offsetWord, offset, length);
  }

  /** Room for an output of `length` octets. */
  placeOutput(length: number): void {
    this.#lastOutput = this.#outputsUsed;
    this.#setPlace(WORD_OUTPUT_OFFSET, this.#lastOutput, length);
    this.#outputsUsed += length;
  }

  /** Room for an output among the messages, which stand behind all other outputs and are copied apart from them. */
  placeMessage(length: number): void {
    this.#lastOutput = this.#messagesStart + this.#messagesUsed;
    this.#setPlace(WORD_OUTPUT_OFFSET, this.#lastOutput, length);
    this.#messagesUsed += length;
  }

  /** An output within the one that was placed last, `offset` octets behind its start. */
  placeOutputWithin(offset: number, length: number): void {
    this.#setPlace(WORD_OUTPUT_OFFSET, this.#lastOutput + offset, length);
  }

  /** Writes octets that the core changes in place, at `offset` in the output that was placed last. */
  putOutput(offset: number, part: Uint8Array): void {
    const start = this.#outputsStart + this.#lastOutput + offset;
    this.#write(part, start, this.#start + this.#size);
  }

  status(record: number): number {
    return this.#words[this.#firstWord + record * RECORD_WORDS + WORD_STATUS];
  }

  /** Where a record's output starts among the outputs. */
  outputOffset(record: number): number {
    return this.#words[this.#firstWord + record * RECORD_WORDS + WORD_OUTPUT_OFFSET];
  }

  /** Where a record's message starts among the messages. */
  messageOffset(record: number): number {
    return this.outputOffset(record) - this.#messagesStart;
  }

  /**
   * A copy of all outputs, and one of all messages, each in a buffer of its own: a caller that keeps keys, which are small,
   * does not keep every message of the batch with them.
   */
  copyOutputs(): Outputs {
    const messagesStart = this.#outputsStart + this.#messagesStart;
    return {
      outputs: this.#bytes.slice(this.#outputsStart, this.#outputsStart + this.#outputsUsed),
      messages: this.#bytes.slice(messagesStart, messagesStart + this.#messagesUsed),
    };
  }

  /** Copies a record's output over as many octets. */
  readOutput(record: number, target: Uint8Array): void {
    const start = this.#outputsStart + this.outputOffset(record);
    target.set(this.#bytes.subarray(start, start + target.length));
  }

  /** Overwrites the batch without the core, for when it has failed. */
  overwrite(): void {
    this.renewViews();
    this.#bytes.fill(0, this.#start, this.#start + this.#size);
  }

  /** Wipes the batch and what the operation left on the core's stack. */
  wipe(): void {
    this.#core.wipe(this.#size);
    this.#size = 0;
    this.#lastKeys.length = 0;
  }

  #put(part: Uint8Array): void {
    this.#write(part, this.#inputsStart + this.#inputsUsed, this.#outputsStart);
    this.#inputsUsed += part.length;
  }

  /** Writes nothing beyond the batch, whatever became of an array since it was measured. */
  #write(part: Uint8Array, start: number, end: number): void {
    if (part.length === 0) return;
    this.#bytes.set(part, this.#room(part.length, start, end));
  }

  /** Where so many octets may be written: nothing is beyond the batch. */
  #room(length: number, start: number, end: number): number {
    if (start + length > end) throw new RangeError("an array grew while its batch was written");
    return start;
  }

  /** A length is the word behind its offset. */
  #setPlace(offsetWord: number, offset: number, length: number): void {
    this.#words[this.#recordWord + offsetWord] = offset;
    this.#words[this.#recordWord + offsetWord + 1] = length;
  }
}

/** Of an identity: its type, and what is reserved. */
const TYPE_OCTETS = 4;

/** Two numbers on their way into a batch: they are no secret, and written over by the next. */
const numbers = new Uint8Array(16);
const numbersView = new DataView(numbers.buffer);
