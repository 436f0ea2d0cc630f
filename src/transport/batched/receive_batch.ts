/**
 * Memory for what one `recvmmsg` brings, at fixed places. Whoever calls takes what he keeps before the next call.
 *
 * @module
 */
import { MSG_DONTWAIT, MSG_TRUNC } from "../libc/constants.ts";
import type { Libc } from "../libc/libc.ts";
import { type AncillaryData, readAncillaryData } from "./ancillary_data.ts";
import { CONTROL_SIZE, MessageHeaders, NAME_SIZE } from "./message_headers.ts";

/** Datagrams of one call: more of them gain nothing. */
export const RECEIVE_SLOTS = 64;

export class ReceiveBatch {
  readonly #libc: Libc;
  readonly #size: number;
  readonly #data: Uint8Array;
  readonly #headers: MessageHeaders;
  /** Somebody is being told of what lies in it. */
  isInUse = false;

  /** @param size Octets of the longest datagram that is taken; of a longer one the rest is lost, and it is told as truncated. */
  constructor(libc: Libc, size: number) {
    this.#libc = libc;
    this.#size = size;
    // Pages of it that no datagram reaches take no memory.
    this.#data = new Uint8Array(RECEIVE_SLOTS * size);
    this.#headers = new MessageHeaders(libc, RECEIVE_SLOTS, this.#data, size);
  }

  /** The `sockaddr` of each, {@link NAME_SIZE} apart. */
  get names(): Uint8Array {
    return this.#headers.names;
  }

  /** What {@link ancillaryDataOf} speaks of. */
  get controls(): Uint8Array {
    return this.#headers.controls;
  }

  /** Takes what waits, {@link RECEIVE_SLOTS} at most. Below 0: the system's error is in {@link Libc.errorNumber}. */
  receive(descriptor: number): number {
    return this.#libc.recvmmsg(descriptor, this.#headers.octets, RECEIVE_SLOTS, MSG_DONTWAIT);
  }

  /** Makes the first so many places ready for the next call. */
  release(count: number): void {
    this.isInUse = false;
    for (let slot = 0; slot < count; slot++) this.#headers.setLengths(slot, NAME_SIZE, CONTROL_SIZE);
  }

  isTruncated(slot: number): boolean {
    return (this.#headers.flagsOf(slot) & MSG_TRUNC) !== 0;
  }

  /** A datagram where it lies, until the next call. */
  octetsOf(slot: number): Uint8Array {
    const at = slot * this.#size;
    return this.#data.subarray(at, at + Math.min(this.#headers.lengthOf(slot), this.#size));
  }

  /** `undefined`: nothing came beside it. */
  ancillaryDataOf(slot: number): AncillaryData | undefined {
    const length = this.#headers.controlLengthOf(slot);
    return length === 0 ? undefined : readAncillaryData(this.#headers.controls, slot * CONTROL_SIZE, length);
  }
}
