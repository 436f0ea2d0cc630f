/**
 * Ranges of addresses that a gateway gives out, of one family: each address has a number among all of them, from 0.
 *
 * @module
 */
import { TrafficSelectorType } from "../../wire/constants.ts";
import type { TrafficSelector } from "../../wire/payload.ts";
import { addressOctets } from "../message/address.ts";

export type AddressFamily = "ipv4" | "ipv6";

/** Addresses in all ranges together: a state for each one in use, none for the others. */
const MAXIMUM_SIZE = 1 << 24;
/** Of a longer IPv6 range, such as a /64, only the first ones are given. */
const MOST_OF_IPV6_RANGE = 1 << 22;
/** A smaller network, of two addresses or one, has neither an address of its own nor a broadcast address (RFC 3021, RFC 6164). */
const LEAST_NETWORK_SIZE = 4n;
/** Bits of an interface identifier (RFC 4291, section 2.5.1). */
const INTERFACE_BITS = 64;

interface Range {
  /** Both inclusive, as written. */
  readonly first: bigint;
  readonly last: bigint;
  /** The number of the first one among all ranges, and how many are given out at most. */
  readonly start: number;
  readonly count: number;
}

/** The family of a selector. */
export function familyOf({ selectorType }: TrafficSelector): AddressFamily {
  return selectorType === TrafficSelectorType.TS_IPV4_ADDR_RANGE ? "ipv4" : "ipv6";
}

export class AddressRanges {
  readonly family: AddressFamily;
  /** Addresses in all ranges, those included that are never given. */
  readonly size: number;
  /** Those that systems refuse, or send to all: a network's own address, IPv4's broadcast address, IPv6's Subnet-Router anycast address. */
  readonly neverGivenCount: number;
  readonly #ranges: readonly Range[];
  readonly #networkSize: bigint | undefined;

  /**
   * Never given are the addresses of networks themselves, and their broadcast addresses: with a `network`, those that it makes; without one, the
   * first and, of IPv4, the last of a range that is a whole network of 4 addresses or more.
   *
   * @param selectors of one family; protocol and ports do not count. Of an IPv6 range the first 2^22 addresses are given at most.
   * @param network IPv4: a netmask in text form; IPv6: the length of a prefix, 0 to 128.
   * @throws {RangeError} no range, several families, two that overlap, more than 2^24 addresses, no such network, or nothing that can be given.
   */
  constructor(selectors: readonly TrafficSelector[], network?: string | number) {
    if (selectors.length === 0) throw new RangeError("inner addresses: no range, expected at least one");
    this.family = familyOf(selectors[0]);
    if (selectors.some((selector) => familyOf(selector) !== this.family)) {
      throw new RangeError("inner addresses: ranges of one family are expected");
    }
    this.#networkSize = network === undefined ? undefined : networkSizeOf(network);
    let size = 0;
    this.#ranges = selectors.map(({ startAddress, endAddress }) => {
      const [first, last] = [numberOf(startAddress), numberOf(endAddress)];
      if (first > last) throw new RangeError("inner addresses: a range ends before it starts");
      const most = this.family === "ipv4" ? 2 ** 32 : MOST_OF_IPV6_RANGE;
      const count = last - first >= BigInt(most) ? most : Number(last - first) + 1;
      const start = size;
      size += count;
      return { first, last, start, count };
    });
    if (size > MAXIMUM_SIZE) throw new RangeError(`inner addresses: ${size}, expected at most ${MAXIMUM_SIZE}`);
    const inOrder = this.#ranges.toSorted((a, b) => a.first < b.first ? -1 : 1);
    if (inOrder.some(({ first }, index) => index > 0 && first <= inOrder[index - 1].last)) {
      throw new RangeError("inner addresses: two ranges overlap");
    }
    this.size = size;
    this.neverGivenCount = this.#ranges.reduce((sum, range) => sum + this.#neverGivenIn(range), 0);
    if (this.neverGivenCount === size) {
      throw new RangeError("inner addresses: only addresses of networks themselves and broadcast addresses, expected others");
    }
  }

  /** Whether an address may be a host's. */
  isGiven(index: number): boolean {
    const range = this.#rangeOf(index);
    const address = range.first + BigInt(index - range.start);
    const [lowest, highest] = this.#ends(range);
    if (this.#networkSize === undefined) return address !== lowest && address !== highest;
    const host = address % this.#networkSize;
    return host !== lowest && host !== highest;
  }

  /** The number of an address; `undefined`: it is not given here. */
  indexOf(octets: Uint8Array): number | undefined {
    return octets.length === this.#octetLength ? this.#indexOf(numberOf(octets)) : undefined;
  }

  /** IPv6: the addresses with the same interface identifier in the networks that are given here (RFC 4718, section 6.5). */
  withSameInterface(octets: Uint8Array): number[] {
    if (this.family === "ipv4" || octets.length !== this.#octetLength) return [];
    const identifier = BigInt.asUintN(INTERFACE_BITS, numberOf(octets));
    return this.#ranges.flatMap(({ first }) => this.#indexOf((first >> 64n << 64n) + identifier) ?? []);
  }

  /** The address of a number: 4 or 16 octets. */
  octetsAt(index: number): Uint8Array {
    const range = this.#rangeOf(index);
    return octetsOf(range.first + BigInt(index - range.start), this.#octetLength);
  }

  /** The number that the first address of a range has: of the one behind the last, how many there are. */
  startOf(range: number): number {
    return this.#ranges.at(range)?.start ?? this.size;
  }

  /** Whether any of these addresses lies in a range, also where it is never given. */
  overlaps(selector: TrafficSelector): boolean {
    if (familyOf(selector) !== this.family) return false;
    const [start, end] = [numberOf(selector.startAddress), numberOf(selector.endAddress)];
    return this.#ranges.some(({ first, last }) => start <= last && end >= first);
  }

  get #octetLength(): number {
    return this.family === "ipv4" ? 4 : 16;
  }

  #indexOf(address: bigint): number | undefined {
    const range = this.#ranges.find(({ first, count }) => address >= first && address < first + BigInt(count));
    return range && range.start + Number(address - range.first);
  }

  #rangeOf(index: number): Range {
    const range = this.#ranges.find(({ start, count }) => index >= start && index < start + count);
    if (range === undefined) throw new RangeError(`inner addresses: no address ${index}, expected one of ${this.size}`);
    return range;
  }

  /** What is never given: with a network, its hosts; without one, addresses of the range. -1n: nothing at this end. */
  #ends({ first, last }: Range): readonly [lowest: bigint, highest: bigint] {
    const size = this.#networkSize ?? last - first + 1n;
    if (size < LEAST_NETWORK_SIZE) return NO_ENDS;
    if (this.#networkSize !== undefined) return [0n, this.family === "ipv4" ? size - 1n : -1n];
    return isNetwork(first, size) ? [first, this.family === "ipv4" ? last : -1n] : NO_ENDS;
  }

  #neverGivenIn(range: Range): number {
    const [lowest, highest] = this.#ends(range);
    const size = this.#networkSize;
    if (size === undefined) return Number(lowest >= 0n) + Number(highest >= 0n);
    const from = range.first;
    const to = from + BigInt(range.count) - 1n;
    // Before 0 a division rounds up, not down.
    const hosts = (host: bigint) => host < 0n ? 0 : Number((to - host + size) / size - (from - 1n - host + size) / size);
    return hosts(lowest) + hosts(highest);
  }
}

const NO_ENDS = [-1n, -1n] as const;

/** Whether so many addresses are all of one network: a power of two, from a multiple of it on. */
function isNetwork(first: bigint, size: bigint): boolean {
  return (size & size - 1n) === 0n && first % size === 0n;
}

/** Addresses of one network. */
function networkSizeOf(network: string | number): bigint {
  if (typeof network === "number") {
    if (Number.isInteger(network) && network >= 0 && network <= 128) return 1n << BigInt(128 - network);
    throw new RangeError(`inner addresses: prefix length is ${network}, expected 0 to 128`);
  }
  const octets = addressOctets(network);
  const size = octets.length === 4 ? (1n << 32n) - numberOf(octets) : 0n;
  if (size > 0n && (size & size - 1n) === 0n) return size;
  throw new RangeError(`inner addresses: "${network}" is not an IPv4 netmask`);
}

function numberOf(octets: Uint8Array): bigint {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  return octets.length === 4 ? BigInt(view.getUint32(0)) : view.getBigUint64(0) << 64n | view.getBigUint64(8);
}

function octetsOf(address: bigint, length: number): Uint8Array {
  const octets = new Uint8Array(length);
  const view = new DataView(octets.buffer);
  if (length === 4) {
    view.setUint32(0, Number(address));
  } else {
    view.setBigUint64(0, address >> 64n);
    view.setBigUint64(8, BigInt.asUintN(64, address));
  }
  return octets;
}
