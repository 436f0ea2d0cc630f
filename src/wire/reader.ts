/**
 * Reads numbers and octets in network order from a bounded stretch of octets, without copying.
 *
 * The first error sticks: from then on nothing remains, numbers read as 0 and octets as none, so every loop over what
 * remains ends, and nothing has to be checked until the end. Nothing is thrown: under attack, an exception costs more than
 * the datagram is worth.
 *
 * @module
 */
import type { WireError } from "./wire_error.ts";

const NO_OCTETS = new Uint8Array(0);

/** Puts SPIs together: arithmetic on a bigint would allocate more of them. */
const spiView = new DataView(new ArrayBuffer(8));

export class Reader {
  readonly #octets: Uint8Array;
  #position: number;
  #end: number;
  #error: WireError | undefined;
  /** The payload or structure being read, for errors. */
  structure: string;

  /** @param position from where it reads; offsets of errors count from the start of `octets` */
  constructor(octets: Uint8Array, position: number, structure: string) {
    this.#octets = octets;
    this.#position = position;
    this.#end = octets.length;
    this.#error = undefined;
    this.structure = structure;
  }

  get position(): number {
    return this.#position;
  }

  get remaining(): number {
    return this.#end - this.#position;
  }

  /** The first error, if any. */
  get error(): WireError | undefined {
    return this.#error;
  }

  u8(): number {
    const at = this.#advance(1);
    return at < 0 ? 0 : this.#octets[at];
  }

  u16(): number {
    const at = this.#advance(2);
    return at < 0 ? 0 : this.#octets[at] << 8 | this.#octets[at + 1];
  }

  u32(): number {
    const at = this.#advance(4);
    if (at < 0) return 0;
    const octets = this.#octets;
    return (octets[at] << 24 | octets[at + 1] << 16 | octets[at + 2] << 8 | octets[at + 3]) >>> 0;
  }

  u64(): bigint {
    spiView.setUint32(0, this.u32());
    spiView.setUint32(4, this.u32());
    return this.#error ? 0n : spiView.getBigUint64(0);
  }

  /** Passes over octets whose value is ignored on receipt. */
  skip(length: number): void {
    this.#advance(length);
  }

  /** A view of the next octets: never a Buffer, even of one. */
  octets(length: number): Uint8Array {
    const at = this.#advance(length);
    return at < 0 ? NO_OCTETS : new Uint8Array(this.#octets.buffer, this.#octets.byteOffset + at, length);
  }

  /** A view of all that remains. */
  rest(): Uint8Array {
    return this.octets(this.remaining);
  }

  /**
   * Bounds what remains to `length` octets, until {@link leave}.
   *
   * @returns the bound outside, for `leave`
   */
  enter(length: number): number {
    const outer = this.#end;
    if (length > this.remaining || length < 0) this.fail("truncated", `${length} octets, of which ${this.remaining} are there`);
    else this.#end = this.#position + length;
    return outer;
  }

  /** Ends what {@link enter} began: all of it must have been read. */
  leave(outer: number): void {
    if (this.#error !== undefined) return;
    if (this.#position !== this.#end) this.fail("bad-length", `no octets after the end, not ${this.remaining}`);
    else this.#end = outer;
  }

  /** Records what is wrong, unless something was before. */
  fail(kind: WireError["kind"], expected: string, offset: number = this.#position, payloadType?: number): void {
    this.#error ??= { kind, payload: this.structure, offset, expected, payloadType };
    this.#end = this.#position;
  }

  /** Where the next `length` octets begin; -1 if they are not there. */
  #advance(length: number): number {
    const at = this.#position;
    if (length > this.#end - at || length < 0) {
      this.fail("truncated", length === 1 ? "1 more octet" : `${length} more octets`);
      return -1;
    }
    this.#position = at + length;
    return at;
  }
}
