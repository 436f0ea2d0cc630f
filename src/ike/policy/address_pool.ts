/**
 * Inner addresses: which address of a gateway's pool each IKE SA has for its client (RFC 7296, section 2.19).
 *
 * @module
 */
import { sameOctets } from "../../wire/octets.ts";
import type { TrafficSelector } from "../../wire/payload.ts";
import { SpiMap } from "../ike_sa/spi_map.ts";
import { RemovableQueue } from "../queues/removable_queue.ts";
import type { AddressLeases } from "./address_leases.ts";
import { AddressRanges } from "./address_ranges.ts";

/** One client that comes in does not have the whole pool looked through for what another worker has given back: the next one goes on from there. */
const MOST_LOOKED_AT = 1 << 16;

/** Where an address is to come from. */
export interface AddressWhence {
  /** A section by its name; not given: the first one, which has none. */
  readonly section?: string;
  /** This one, 4 or 16 octets, of whatever section, or none. */
  readonly fixed?: Uint8Array;
  /** Its client has no other IKE SA: all that there are, at any worker, make room for this one. */
  readonly isAlone?: boolean;
}

/** Addresses that are given to those alone who name their section: a part of all, with an order of its own. */
interface Section {
  readonly from: number;
  /** The first one behind it. */
  readonly to: number;
  /** In the order in which they came back: the one that has been free longest goes first, so that clients find theirs again. */
  readonly released: RemovableQueue<number>;
  next: number;
  /** Where looking for what others have given back goes on. */
  lookedAt: number;
}

const ANYWHERE: AddressWhence = {};

/** Assigns each address of one family to one IKE SA at a time. IKE SAs are named by the gateway's own SPI, addresses by their numbers. */
export class AddressPool {
  readonly #ranges: AddressRanges;
  readonly #ownerOf = new Map<number, bigint>();
  readonly #addressOf = new SpiMap<number>();
  /** By their names: the first one has none. */
  readonly #sections = new Map<string | undefined, Section>();
  readonly #leases: AddressLeases | undefined;
  readonly #isReserved: ((address: Uint8Array) => boolean) | undefined;

  /**
   * @param ranges, network as {@link AddressRanges} takes them.
   * @param leases Where others give out the same addresses.
   * @param parts What stands beside `ranges`, as sections of their own; and which addresses are given to those alone who ask for them as fixed.
   * @throws {RangeError} as {@link AddressRanges} says.
   */
  constructor(
    ranges: readonly TrafficSelector[],
    network?: string | number,
    leases?: AddressLeases,
    { sections = new Map(), isReserved }: {
      readonly sections?: ReadonlyMap<string, readonly TrafficSelector[]>;
      readonly isReserved?: (address: Uint8Array) => boolean;
    } = {},
  ) {
    this.#ranges = new AddressRanges([...ranges, ...[...sections.values()].flat()], network);
    this.#leases = leases;
    this.#isReserved = isReserved;
    let range = 0;
    for (const [name, own] of [[undefined, ranges] as const, ...sections]) {
      const from = this.#ranges.startOf(range);
      range += own.length;
      const to = this.#ranges.startOf(range);
      this.#sections.set(name, { from, to, released: new RemovableQueue(), next: from, lookedAt: from });
    }
  }

  /** Addresses in use. */
  get assignedCount(): number {
    return this.#ownerOf.size;
  }

  /** The address of an IKE SA: 4 or 16 octets. */
  find(owner: bigint): Uint8Array | undefined {
    const address = this.#addressOf.get(owner);
    return address === undefined ? undefined : this.#ranges.octetsAt(address);
  }

  /** Whether an address is one of the pool's. */
  holds(address: Uint8Array): boolean {
    return this.#ranges.indexOf(address) !== undefined;
  }

  /** Whether an address may come from there. */
  isFrom(octets: Uint8Array, { section: name, fixed }: AddressWhence): boolean {
    if (fixed !== undefined) return sameOctets(octets, fixed);
    const address = this.#ranges.indexOf(octets);
    return address !== undefined && this.#sectionOf(address) === this.#sections.get(name) && !this.#isHeldBack(address);
  }

  /** The IKE SA that has this address, if one does. */
  holderOf(address: Uint8Array): bigint | undefined {
    const index = this.#ranges.indexOf(address);
    return index === undefined ? undefined : this.#ownerOf.get(index);
  }

  /**
   * Gives an IKE SA an address that it wishes for, or another. One that has an address already loses it.
   *
   * @param wishes 4 or 16 octets each. The first one is given that is in the section and free, or held by `predecessor`, the IKE SA
   * whose place this one takes; of IPv6 else one with the same interface identifier.
   * @returns 4 or 16 octets; `undefined`: none is free, or there is no such section.
   */
  assign(
    owner: bigint,
    wishes: readonly (Uint8Array | undefined)[] = [],
    predecessor?: bigint,
    whence: AddressWhence = ANYWHERE,
  ): Uint8Array | undefined {
    this.release(owner);
    const address = this.#find(wishes, predecessor, whence);
    if (address === undefined) return undefined;
    const before = this.#ownerOf.get(address);
    if (before !== undefined) this.#addressOf.delete(before);
    this.#sectionOf(address)?.released.delete(address);
    this.#ownerOf.set(address, owner);
    this.#addressOf.set(owner, address);
    return this.#ranges.octetsAt(address);
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
    this.#sectionOf(address)?.released.add(address);
    this.#leases?.giveBack(address);
  }

  /** Frees all addresses. */
  clear(): void {
    for (const [owner] of this.#addressOf.entries()) this.release(owner);
  }

  /** Whether any of these addresses is the pool's to give. */
  overlaps(selector: TrafficSelector): boolean {
    return this.#ranges.overlaps(selector);
  }

  #find(
    wishes: readonly (Uint8Array | undefined)[],
    predecessor: bigint | undefined,
    { section: name, fixed, isAlone }: AddressWhence,
  ): number | undefined {
    if (fixed !== undefined) return this.#fixed(fixed, predecessor, isAlone);
    const section = this.#sections.get(name);
    if (section === undefined) return undefined;
    return this.#wish(wishes, predecessor, section) ?? this.#fresh(section) ?? this.#returned(section) ??
      this.#anywhere(section);
  }

  #fixed(octets: Uint8Array, predecessor: bigint | undefined, isAlone = false): number | undefined {
    const address = this.#ranges.indexOf(octets);
    if (address === undefined || !this.#ranges.isGiven(address)) return undefined;
    const owner = this.#ownerOf.get(address);
    if (owner !== undefined) return owner === predecessor ? address : undefined;
    if (this.#lease(address)) return address;
    // Another worker has it. Where it is this client's alone, that IKE SA makes room for this one, and goes as soon as the worker hears of it.
    if (!isAlone || !this.#isReserved?.(octets)) return undefined;
    this.#leases?.takeOver(address);
    return address;
  }

  #wish(
    wishes: readonly (Uint8Array | undefined)[],
    predecessor: bigint | undefined,
    { from, to }: Section,
  ): number | undefined {
    for (const wished of wishes) {
      if (wished === undefined) continue;
      for (const address of [this.#ranges.indexOf(wished), ...this.#ranges.withSameInterface(wished)]) {
        if (address === undefined || address < from || address >= to || !this.#ranges.isGiven(address)) continue;
        const owner = this.#ownerOf.get(address);
        if (owner === undefined ? this.#take(address) : owner === predecessor && !this.#isHeldBack(address)) return address;
      }
    }
    return undefined;
  }

  /** The next address that no IKE SA has had. One that a wish took out of turn is passed over, once. */
  #fresh(section: Section): number | undefined {
    while (section.next < section.to) {
      const address = section.next++;
      const isFresh = this.#ranges.isGiven(address) && !this.#ownerOf.has(address) && !section.released.has(address);
      if (isFresh && this.#take(address)) return address;
    }
    return undefined;
  }

  #returned({ released }: Section): number | undefined {
    for (let address = released.first(); address !== undefined; address = released.first()) {
      if (this.#take(address)) return address;
      released.delete(address);
    }
    return undefined;
  }

  /** One that others have given back. */
  #anywhere(section: Section): number | undefined {
    if (this.#leases === undefined || this.#leases.freeCount <= this.#ranges.neverGivenCount) return undefined;
    const { from, to } = section;
    const most = Math.min(to - from, MOST_LOOKED_AT);
    for (let count = 0; count < most; count++) {
      const address = section.lookedAt;
      section.lookedAt = address + 1 < to ? address + 1 : from;
      if (this.#ranges.isGiven(address) && !this.#ownerOf.has(address) && this.#take(address)) return address;
    }
    return undefined;
  }

  #sectionOf(address: number): Section | undefined {
    for (const section of this.#sections.values()) if (address >= section.from && address < section.to) return section;
    return undefined;
  }

  /** False: it is kept for somebody, or another worker gives it at the moment. */
  #take(address: number): boolean {
    return !this.#isHeldBack(address) && this.#lease(address);
  }

  #isHeldBack(address: number): boolean {
    return this.#isReserved?.(this.#ranges.octetsAt(address)) ?? false;
  }

  #lease(address: number): boolean {
    return this.#leases?.take(address) ?? true;
  }
}
