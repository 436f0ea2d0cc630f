/**
 * The structures that `recvmmsg` and `sendmmsg` read: an array of `struct mmsghdr`, each with one `struct iovec`, an address and ancillary data, as
 * Linux has them on 64-bit machines. They are laid out once; what changes from call to call are lengths, and where a message to be sent begins.
 *
 * @module
 */
import type { Libc } from "../libc/libc.ts";

/** Octets of one `struct mmsghdr`. */
export const HEADER_SIZE = 64;
/** Octets kept for the address of a message: a `sockaddr_in6` and a little more. */
export const NAME_SIZE = 32;
/** Octets kept for the ancillary data of a message: packet information of either family, and the count of drops. */
export const CONTROL_SIZE = 96;

const VECTOR_SIZE = 16;

// Within a struct mmsghdr.
const NAME = 0;
const NAME_LENGTH = 8;
const VECTOR = 16;
const VECTOR_COUNT = 24;
const CONTROL = 32;
const CONTROL_LENGTH = 40;
const FLAGS = 48;
const LENGTH = 56;

export class MessageHeaders {
  /** The array of `struct mmsghdr`. */
  readonly octets: Uint8Array;
  /** The addresses, {@link NAME_SIZE} apart. */
  readonly names: Uint8Array;
  /** The ancillary data, {@link CONTROL_SIZE} apart. */
  readonly controls: Uint8Array;
  readonly #headers: DataView;
  readonly #vectors: DataView;
  /** Held because the structures point into it. */
  readonly #data: Uint8Array;
  readonly #dataAddress: bigint;

  /** @param data Where messages lie: message `n` at `n * size`, until {@link setMessage} says otherwise. */
  constructor(libc: Libc, slots: number, data: Uint8Array, size: number) {
    this.octets = new Uint8Array(slots * HEADER_SIZE);
    this.names = new Uint8Array(slots * NAME_SIZE);
    this.controls = new Uint8Array(slots * CONTROL_SIZE);
    const vectors = new Uint8Array(slots * VECTOR_SIZE);
    this.#headers = new DataView(this.octets.buffer);
    this.#vectors = new DataView(vectors.buffer);
    this.#data = data;
    this.#dataAddress = libc.addressOf(data);
    const [names, controls, vectorsAt] = [this.names, this.controls, vectors].map((octets) => libc.addressOf(octets));
    for (let slot = 0; slot < slots; slot++) {
      const at = slot * HEADER_SIZE;
      this.#headers.setBigUint64(at + NAME, names + BigInt(slot * NAME_SIZE), true);
      this.#headers.setBigUint64(at + VECTOR, vectorsAt + BigInt(slot * VECTOR_SIZE), true);
      this.#headers.setBigUint64(at + VECTOR_COUNT, 1n, true);
      this.#headers.setBigUint64(at + CONTROL, controls + BigInt(slot * CONTROL_SIZE), true);
      this.setMessage(slot, slot * size, size);
      this.setLengths(slot, NAME_SIZE, CONTROL_SIZE);
    }
  }

  /** Where in the data a message lies. */
  setMessage(slot: number, offset: number, length: number): void {
    if (offset < 0 || length < 0 || offset + length > this.#data.length) {
      throw new RangeError("a message beyond the memory of its batch");
    }
    this.#vectors.setBigUint64(slot * VECTOR_SIZE, this.#dataAddress + BigInt(offset), true);
    this.#vectors.setBigUint64(slot * VECTOR_SIZE + 8, BigInt(length), true);
  }

  /** Octets of the address and of the ancillary data: how many there is room for, or how many there are. */
  setLengths(slot: number, name: number, control: number): void {
    const at = slot * HEADER_SIZE;
    this.#headers.setUint32(at + NAME_LENGTH, name, true);
    this.#headers.setUint32(at + CONTROL_LENGTH, control, true);
  }

  /** Octets of a message that was received. */
  lengthOf(slot: number): number {
    return this.#headers.getUint32(slot * HEADER_SIZE + LENGTH, true);
  }

  /** `MSG_TRUNC` and its like, of a message that was received. */
  flagsOf(slot: number): number {
    return this.#headers.getInt32(slot * HEADER_SIZE + FLAGS, true);
  }

  /** Octets of ancillary data that came with a message. */
  controlLengthOf(slot: number): number {
    return Math.min(this.#headers.getUint32(slot * HEADER_SIZE + CONTROL_LENGTH, true), CONTROL_SIZE);
  }
}
