/**
 * Inner addresses: which address of a gateway's pool each IKE SA has for its client (RFC 7296, section 2.19).
 *
 * @module
 */
import type { TrafficSelector } from "../../wire/payload.ts";
import { SpiMap } from "../ike_sa/spi_map.ts";
import { RemovableQueue } from "../queues/removable_queue.ts";
import type { AddressLeases } from "./address_leases.ts";
import { AddressRanges } from "./address_ranges.ts";

/** One client that comes in does not have the whole pool looked through for what another worker has given back: the next one goes on from there. */
const MOST_LOOKED_AT = 1 << 16;

/** Assigns each address of one family to one IKE SA at a time. IKE SAs are named by the gateway's own SPI, addresses by their numbers. */
export class AddressPool {
  readonly #ranges: AddressRanges;
  readonly #ownerOf = new Map<number, bigint>();
  readonly #addressOf = new SpiMap<number>();
  /** In the order in which they came back: the one that has been free longest goes first, so that clients find theirs again. */
  readonly #released = new RemovableQueue<number>();
  readonly #leases: AddressLeases | undefined;
  /** Where looking for what others have given back goes on. */
  #lookedAt = 0;
  #next = 0;

  /**
   * @param ranges, network as {@link AddressRanges} takes them.
   * @param leases Where others give out the same addresses.
   * @throws {RangeError} as {@link AddressRanges} says.
   */
  constructor(ranges: readonly TrafficSelector[], network?: string | number, leases?: AddressLeases) {
    this.#ranges = new AddressRanges(ranges, network);
    this.#leases = leases;
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

  /** The IKE SA that has this address, if one does. */
  holderOf(address: Uint8Array): bigint | undefined {
    const index = this.#ranges.indexOf(address);
    return index === undefined ? undefined : this.#ownerOf.get(index);
  }

  /**
   * Gives an IKE SA an address that it wishes for, or another. One that has an address already loses it.
   *
   * @param wishes 4 or 16 octets each. The first one is given that is in the pool and free, or held by `predecessor`, the IKE SA
   * whose place this one takes; of IPv6 else one with the same interface identifier.
   * @returns 4 or 16 octets; `undefined`: none is free.
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
    this.#released.add(address);
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

  #wish(wishes: readonly (Uint8Array | undefined)[], predecessor: bigint | undefined): number | undefined {
    for (const wished of wishes) {
      if (wished === undefined) continue;
      for (const address of [this.#ranges.indexOf(wished), ...this.#ranges.withSameInterface(wished)]) {
        if (address === undefined || !this.#ranges.isGiven(address)) continue;
        const owner = this.#ownerOf.get(address);
        if (owner === undefined ? this.#take(address) : owner === predecessor) return address;
      }
    }
    return undefined;
  }

  /** The next address that no IKE SA has had. One that a wish took out of turn is passed over, once. */
  #fresh(): number | undefined {
    while (this.#next < this.#ranges.size) {
      const address = this.#next++;
      const isFresh = this.#ranges.isGiven(address) && !this.#ownerOf.has(address) && !this.#released.has(address);
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
    if (this.#leases === undefined || this.#leases.freeCount <= this.#ranges.neverGivenCount) return undefined;
    const { size } = this.#ranges;
    const most = Math.min(size, MOST_LOOKED_AT);
    for (let count = 0; count < most; count++) {
      const address = this.#lookedAt;
      this.#lookedAt = (this.#lookedAt + 1) % size;
      if (this.#ranges.isGiven(address) && !this.#ownerOf.has(address) && this.#take(address)) return address;
    }
    return undefined;
  }

  /** False: another worker gives it at the moment. */
  #take(address: number): boolean {
    return this.#leases?.take(address) ?? true;
  }
}
