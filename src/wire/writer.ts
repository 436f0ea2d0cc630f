/**
 * Writes numbers and octets in network order into octets of the exact size.
 *
 * A value that does not fit its field is a programmer's error: RangeError says what it is, where, and what was expected.
 *
 * @module
 */

/** @param what as "proposal: number" */
export function outOfRange(what: string, expected: string, value: unknown): RangeError {
  return new RangeError(`${what}: expected ${expected}, got ${value}`);
}

/** Splits SPIs: arithmetic on a bigint would allocate more of them. */
const spiView = new DataView(new ArrayBuffer(8));

export class Writer {
  readonly octets: Uint8Array;
  #position = 0;

  /** @param room octets, or zeros to be written over. */
  constructor(room: number | Uint8Array) {
    this.octets = typeof room === "number" ? new Uint8Array(room) : room;
  }

  get position(): number {
    return this.#position;
  }

  u8(value: number, what: string): void {
    if ((value & 0xff) !== value) throw outOfRange(what, "0 to 255", value);
    this.octets[this.#position++] = value;
  }

  u16(value: number, what: string): void {
    if ((value & 0xffff) !== value) throw outOfRange(what, "0 to 65535", value);
    this.octets[this.#position++] = value >>> 8;
    this.octets[this.#position++] = value;
  }

  u32(value: number, what: string): void {
    if (value >>> 0 !== value) throw outOfRange(what, "0 to 4294967295", value);
    this.octets[this.#position++] = value >>> 24;
    this.octets[this.#position++] = value >>> 16;
    this.octets[this.#position++] = value >>> 8;
    this.octets[this.#position++] = value;
  }

  u64(value: bigint, what: string): void {
    if (value < 0n || value > 0xffff_ffff_ffff_ffffn) throw outOfRange(what, "0 to 2^64 - 1", value);
    spiView.setBigUint64(0, value);
    this.u32(spiView.getUint32(0), what);
    this.u32(spiView.getUint32(4), what);
  }

  /** Octets that are sent as 0 and ignored on receipt. */
  zeros(length: number): void {
    this.#position += length;
  }

  copy(octets: Uint8Array): void {
    this.octets.set(octets, this.#position);
    this.#position += octets.length;
  }
}
