/**
 * Inner addresses: which address of a gateway's pool each IKE SA has for its client (RFC 7296, section 2.19).
 *
 * @module
 */
import { TrafficSelectorType } from "../../wire/constants.ts";
import type { TrafficSelector } from "../../wire/payload.ts";
import { SpiMap } from "../ike_sa/spi_map.ts";
import { addressOctets } from "../message/address.ts";
import { RemovableQueue } from "../queues/removable_queue.ts";
import type { AddressLeases } from "./address_leases.ts";

/** Addresses in all ranges together: a state for each one in use, none for the others. */
const MAXIMUM_POOL_SIZE = 1 << 24;

/** IPv4 addresses as numbers, both ends inclusive. */
interface Range {
  readonly first: number;
  readonly last: number;
}

/** A smaller network, of two addresses or one, has neither an address of its own nor a broadcast address (RFC 3021). */
const LEAST_NETWORK_SIZE = 4;

/** One client that comes in does not have the whole pool looked through for what another worker has given back: the next one goes on from there. */
const MOST_LOOKED_AT = 1 << 16;

/** Assigns each address to one IKE SA at a time. IKE SAs are named by the gateway's own SPI. */
export class AddressPool {
  readonly #ranges: readonly Range[];
  readonly #networkSize: number | undefined;
  readonly #ownerOf = new Map<number, bigint>();
  readonly #addressOf = new SpiMap<number>();
  /** In the order in which they came back: the one that has been free longest goes first, so that clients find theirs again. */
  readonly #released = new RemovableQueue<number>();
  readonly #leases: AddressLeases | undefined;
  /** Addresses of the ranges that are never given. */
  readonly #neverGivenCount: number;
  readonly #size: number;
  /** Where looking for what others have given back goes on: an index among all addresses. */
  #lookedAt = 0;
  #range = 0;
  #next: number;

  /**
   * A network's own address and its broadcast address, which systems refuse or send to all, are never given: with a netmask,
   * those of its networks; without one, the first and the last of a range that is a whole network of 4 addresses or more.
   *
   * @param ranges IPv4; protocol and ports do not count.
   * @param netmask IPv4, in text form.
   * @param leases Where others give out the same addresses.
   * @throws {RangeError} no range, one that is not IPv4, two that overlap, more than 2^24 addresses, no netmask, or nothing that can be given.
   */
  constructor(ranges: readonly TrafficSelector[], netmask?: string, leases?: AddressLeases) {
    this.#leases = leases;
    this.#ranges = ranges.map(rangeOf);
    this.#networkSize = netmask === undefined ? undefined : networkSizeOf(netmask);
    checkRanges(this.#ranges);
    if (!this.#ranges.some((range) => this.#firstGiven(range) !== undefined)) {
      throw new RangeError("inner addresses: only addresses of networks themselves and broadcast addresses, expected others");
    }
    this.#size = sizeOf(this.#ranges);
    this.#neverGivenCount = this.#ranges.reduce((sum, range) => sum + this.#neverGivenIn(range), 0);
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
   * Gives an IKE SA an address that it wishes for, or another. One that has an address already loses it.
   *
   * @param wishes 4 octets each. The first one is given that is in the pool and free, or held by `predecessor`, the IKE SA
   * whose place this one takes.
   * @returns 4 octets; `undefined`: none is free.
   */
  assign(owner: bigint, wishes: readonly (Uint8Array | undefined)[] = [], predecessor?: bigint): Uint8Array | undefined {
    this.release(owner);
    const address = this.#wish(wishes, predecessor) ?? this.#fresh() ?? this.#returned() ?? this.#anywhere();
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
    this.#leases?.giveBack(this.#indexOf(address));
  }

  /** Frees all addresses. */
  clear(): void {
    for (const [owner] of this.#addressOf.entries()) this.release(owner);
  }

  /** Whether any of these addresses is the pool's to give. */
  overlaps({ selectorType, startAddress, endAddress }: TrafficSelector): boolean {
    if (selectorType !== TrafficSelectorType.TS_IPV4_ADDR_RANGE) return false;
    return this.#ranges.some(({ first, last }) => numberOf(startAddress) <= last && numberOf(endAddress) >= first);
  }

  #wish(wishes: readonly (Uint8Array | undefined)[], predecessor: bigint | undefined): number | undefined {
    for (const wished of wishes) {
      if (wished?.length !== 4) continue;
      const address = numberOf(wished);
      const range = this.#ranges.find(({ first, last }) => address >= first && address <= last);
      const owner = this.#ownerOf.get(address);
      if (range === undefined || !this.#isGiven(address, range)) continue;
      if (owner === undefined ? this.#take(address) : owner === predecessor) return address;
    }
    return undefined;
  }

  /** Whether an address may be a host's. */
  #isGiven(address: number, { first, last }: Range): boolean {
    if (this.#networkSize !== undefined) {
      const host = address % this.#networkSize;
      return this.#networkSize < LEAST_NETWORK_SIZE || host !== 0 && host !== this.#networkSize - 1;
    }
    return !isNetwork({ first, last }) || address !== first && address !== last;
  }

  /** At most two addresses that are not given stand side by side: the last of one network and the first of the next. */
  #firstGiven(range: Range): number | undefined {
    for (let address = range.first; address <= Math.min(range.last, range.first + 2); address++) {
      if (this.#isGiven(address, range)) return address;
    }
    return undefined;
  }

  /** The next address that no IKE SA has had. One that a wish took out of turn is passed over, once. */
  #fresh(): number | undefined {
    while (this.#range < this.#ranges.length) {
      const address = this.#next;
      const range = this.#ranges[this.#range];
      if (address < range.last) this.#next = address + 1;
      else if (++this.#range < this.#ranges.length) this.#next = this.#ranges[this.#range].first;
      const isFresh = this.#isGiven(address, range) && !this.#ownerOf.has(address) && !this.#released.has(address);
      if (isFresh && this.#take(address)) return address;
    }
    return undefined;
  }

  #returned(): number | undefined {
    for (let address = this.#released.first(); address !== undefined; address = this.#released.first()) {
      if (this.#take(address)) return address;
      this.#released.delete(address);
    }
    return undefined;
  }

  /** One that others have given back. */
  #anywhere(): number | undefined {
    if (this.#leases === undefined || this.#leases.freeCount <= this.#neverGivenCount) return undefined;
    const most = Math.min(this.#size, MOST_LOOKED_AT);
    for (let count = 0; count < most; count++) {
      const { address, range } = this.#at(this.#lookedAt);
      this.#lookedAt = (this.#lookedAt + 1) % this.#size;
      if (this.#isGiven(address, range) && !this.#ownerOf.has(address) && this.#take(address)) return address;
    }
    return undefined;
  }

  /** The address of an index among all. */
  #at(index: number): { readonly address: number; readonly range: Range } {
    let left = index;
    for (const range of this.#ranges) {
      const size = sizeOf([range]);
      if (left < size) return { address: range.first + left, range };
      left -= size;
    }
    throw new RangeError(`inner addresses: no address ${index}, expected one of ${this.#size}`);
  }

  #neverGivenIn({ first, last }: Range): number {
    const size = this.#networkSize;
    if (size === undefined) return isNetwork({ first, last }) ? 2 : 0;
    if (size < LEAST_NETWORK_SIZE) return 0;
    const withHost = (host: number) => Math.floor((last - host) / size) - Math.floor((first - 1 - host) / size);
    return withHost(0) + withHost(size - 1);
  }

  /** False: another worker gives it at the moment. */
  #take(address: number): boolean {
    return this.#leases?.take(this.#indexOf(address)) ?? true;
  }

  #indexOf(address: number): number {
    let before = 0;
    for (const { first, last } of this.#ranges) {
      if (address >= first && address <= last) return before + address - first;
      before += last - first + 1;
    }
    return before;
  }
}

/** How many addresses there are in ranges that a pool takes, those included that are never given. */
export function poolSize(ranges: readonly TrafficSelector[]): number {
  return sizeOf(ranges.map(rangeOf));
}

function sizeOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

function rangeOf({ selectorType, startAddress, endAddress }: TrafficSelector): Range {
  if (selectorType !== TrafficSelectorType.TS_IPV4_ADDR_RANGE) {
    throw new RangeError("inner addresses: IPv4 ranges are expected");
  }
  const range = { first: numberOf(startAddress), last: numberOf(endAddress) };
  if (range.first > range.last) throw new RangeError("inner addresses: a range ends before it starts");
  return range;
}

/** Whether a range is all of one network: its size is a power of two, and it begins at a multiple of it. */
function isNetwork({ first, last }: Range): boolean {
  const size = last - first + 1;
  return size >= LEAST_NETWORK_SIZE && Number.isInteger(Math.log2(size)) && first % size === 0;
}

/** Addresses of one network. */
function networkSizeOf(netmask: string): number {
  const octets = addressOctets(netmask);
  const size = octets.length === 4 ? 2 ** 32 - numberOf(octets) : NaN;
  if (Number.isInteger(Math.log2(size))) return size;
  throw new RangeError(`inner addresses: "${netmask}" is not an IPv4 netmask`);
}

function checkRanges(ranges: readonly Range[]): void {
  if (ranges.length === 0) throw new RangeError("inner addresses: no range, expected at least one");
  const size = sizeOf(ranges);
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
