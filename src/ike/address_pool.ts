/**
 * Inner addresses: which of a gateway's own an IKE SA has for its client (RFC 7296, section 2.19).
 *
 * @module
 */
import { TrafficSelectorType } from "../wire/constants.ts";
import type { TrafficSelector } from "../wire/payload.ts";

/** Addresses in all ranges together: a state for each one in use, none for the others. */
const MAXIMUM_POOL_SIZE = 1 << 24;

/** IPv4 addresses as numbers, both ends inclusive. */
interface Range {
  readonly first: number;
  readonly last: number;
}

/** Assigns each address to one IKE SA at a time. IKE SAs are named by the gateway's own SPI. */
export class AddressPool {
  readonly #ranges: readonly Range[];
  readonly #ownerOf = new Map<number, bigint>();
  readonly #addressOf = new Map<bigint, number>();
  /** In the order in which they came back: the one that is longest free goes first, so that clients find theirs again. */
  readonly #released = new Set<number>();
  #range = 0;
  #next: number;

  /**
   * @param ranges IPv4; protocol and ports say nothing.
   * @throws {RangeError} no range, one that is not IPv4, two that overlap, or more than 2^24 addresses.
   */
  constructor(ranges: readonly TrafficSelector[]) {
    this.#ranges = ranges.map(rangeOf);
    checkRanges(this.#ranges);
    this.#next = this.#ranges[0].first;
  }

  /** Addresses in use. */
  get assignedCount(): number {
    return this.#ownerOf.size;
  }

  /** The address of an IKE SA: 4 octets. */
  find(owner: bigint): Uint8Array | undefined {
    const address = this.#addressOf.get(owner);
    return address === undefined ? undefined : octetsOf(address);
  }

  /**
   * Gives an IKE SA the address that it wishes for, or another. One that has an address already loses it.
   *
   * @param wished 4 octets: had if it is in the pool and free, or if `predecessor` has it, the IKE SA that this one takes the place of.
   * @returns 4 octets; `undefined`: none is free.
   */
  assign(owner: bigint, wished?: Uint8Array, predecessor?: bigint): Uint8Array | undefined {
    this.release(owner);
    const address = this.#wish(wished, predecessor) ?? this.#fresh() ?? this.#returned();
    if (address === undefined) return undefined;
    const before = this.#ownerOf.get(address);
    if (before !== undefined) this.#addressOf.delete(before);
    this.#released.delete(address);
    this.#ownerOf.set(address, owner);
    this.#addressOf.set(owner, address);
    return octetsOf(address);
  }

  /** The address goes with an IKE SA that is rekeyed. */
  transfer(from: bigint, to: bigint): void {
    const address = this.#addressOf.get(from);
    if (address === undefined) return;
    this.release(to);
    this.#addressOf.delete(from);
    this.#addressOf.set(to, address);
    this.#ownerOf.set(address, to);
  }

  /** The IKE SA is gone, and its address, if it had one, free. */
  release(owner: bigint): void {
    const address = this.#addressOf.get(owner);
    if (address === undefined) return;
    this.#addressOf.delete(owner);
    this.#ownerOf.delete(address);
    this.#released.add(address);
  }

  /** Frees all addresses. */
  clear(): void {
    for (const owner of [...this.#addressOf.keys()]) this.release(owner);
  }

  #wish(wished: Uint8Array | undefined, predecessor: bigint | undefined): number | undefined {
    if (wished?.length !== 4) return undefined;
    const address = numberOf(wished);
    if (!this.#ranges.some(({ first, last }) => address >= first && address <= last)) return undefined;
    const owner = this.#ownerOf.get(address);
    return owner === undefined || owner === predecessor ? address : undefined;
  }

  /** The next that no IKE SA has had. What wishes took out of turn is passed over, once. */
  #fresh(): number | undefined {
    while (this.#range < this.#ranges.length) {
      const address = this.#next;
      if (address < this.#ranges[this.#range].last) this.#next = address + 1;
      else if (++this.#range < this.#ranges.length) this.#next = this.#ranges[this.#range].first;
      if (!this.#ownerOf.has(address) && !this.#released.has(address)) return address;
    }
    return undefined;
  }

  #returned(): number | undefined {
    return this.#released.values().next().value;
  }
}

function rangeOf({ selectorType, startAddress, endAddress }: TrafficSelector): Range {
  if (selectorType !== TrafficSelectorType.TS_IPV4_ADDR_RANGE) {
    throw new RangeError("inner addresses: IPv4 ranges are expected");
  }
  const range = { first: numberOf(startAddress), last: numberOf(endAddress) };
  if (range.first > range.last) throw new RangeError("inner addresses: a range ends before it starts");
  return range;
}

function checkRanges(ranges: readonly Range[]): void {
  if (ranges.length === 0) throw new RangeError("inner addresses: no range, expected at least one");
  const size = ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  if (size > MAXIMUM_POOL_SIZE) throw new RangeError(`inner addresses: ${size}, expected at most ${MAXIMUM_POOL_SIZE}`);
  const inOrder = ranges.toSorted((a, b) => a.first - b.first);
  if (inOrder.some(({ first }, index) => index > 0 && first <= inOrder[index - 1].last)) {
    throw new RangeError("inner addresses: two ranges overlap");
  }
}

function numberOf(octets: Uint8Array): number {
  return new DataView(octets.buffer, octets.byteOffset).getUint32(0);
}

function octetsOf(address: number): Uint8Array {
  return Uint8Array.of(address >>> 24, address >>> 16, address >>> 8, address);
}
