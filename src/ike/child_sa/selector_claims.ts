/**
 * Traffic selectors that clients hold on their side, where no policy says whose they are: first come, first served, by identity.
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import { sameOctets } from "../../wire/octets.ts";
import type { TrafficSelector } from "../../wire/payload.ts";
import { SpiMap } from "../ike_sa/spi_map.ts";
import { AddressHolders } from "./address_holders.ts";
import { type IdentityNumbers, NOBODY } from "./identity_numbers.ts";
import { IntervalIndex, type OrderedAddress as Address } from "./interval_index.ts";

/** One identity's claims of one address, of which it is not the first holder, or which is not of IPv4. */
interface AddressClaim {
  /** Its number. */
  readonly identity: number;
  readonly address: Address;
  /** How many IKE SAs claim it. */
  count: number;
}

/** A claim of several addresses; both ends inclusive. */
interface RangeClaim {
  readonly identity: number;
  readonly start: Address;
  readonly end: Address;
}

/** A number, as nearly all claims are: that of the first holder of this IPv4 address. */
type Claim = number | AddressClaim | RangeClaim;

/** Claims of more than one address that one identity may have at a time: a search passes over those of its own. */
export const MOST_RANGES_OF_ONE_IDENTITY = 64;
/** Single addresses that an identity may hold within a range that it wants besides: a search passes over them too. */
export const MOST_OWN_ADDRESSES_IN_RANGE = 1_024;

/** What is claimed of one family of addresses. */
interface FamilyClaims {
  /** Of one address: those that are not in a table of their own. Most addresses have one holder. */
  readonly holders: Map<Address, AddressClaim | Map<number, AddressClaim>>;
  /** All single addresses. */
  readonly addresses: IntervalIndex<Address>;
  readonly ranges: IntervalIndex<RangeClaim>;
}

/**
 * Who holds which addresses. IKE SAs are named by the gateway's own SPI, identities by `identityKey`. Protocols and ports make no difference.
 */
export class SelectorClaims {
  /** Most IKE SAs have one claim. */
  readonly #byOwner = new SpiMap<Claim | readonly Claim[]>();
  /** The first holder of each IPv4 address. */
  readonly #firstHolders: AddressHolders;
  readonly #numbers: IdentityNumbers;
  readonly #ipv4 = familyClaims();
  readonly #ipv6 = familyClaims();
  readonly #rangesOf = new Map<number, number>();

  constructor(numbers: IdentityNumbers, random: RandomSource) {
    this.#numbers = numbers;
    this.#firstHolders = new AddressHolders(random);
  }

  /** Whether no other identity holds an address of a selector, and this one does not hold too many ranges. */
  isFree({ startAddress, endAddress }: TrafficSelector, identityKey: string): boolean {
    const identity = this.#numbers.find(identityKey);
    const [start, end] = [addressOf(startAddress), addressOf(endAddress)];
    const isRange = start !== end;
    if (isRange && (this.#rangesOf.get(identity) ?? 0) >= MOST_RANGES_OF_ONE_IDENTITY) return false;
    const { addresses, ranges } = this.#familyOf(start);
    for (const claim of ranges.overlapping(start, end)) if (claim.identity !== identity) return false;
    if (!isRange) return !this.#isHeldByOthers(start, identity);
    let own = 0;
    for (const address of addresses.overlapping(start, end)) {
      if (this.#isHeldByOthers(address, identity) || ++own > MOST_OWN_ADDRESSES_IN_RANGE) return false;
    }
    return true;
  }

  /** From now on an IKE SA holds these selectors, and none of those that it held before. */
  hold(owner: bigint, identityKey: string, selectors: readonly TrafficSelector[]): void {
    // Held while what was held before is given up, so that it keeps its number.
    const identity = this.#numbers.hold(identityKey);
    this.release(owner);
    const isOne = selectors.length === 1;
    this.#byOwner.set(
      owner,
      isOne ? this.#claim(selectors[0], identity) : selectors.map((selector) => this.#claim(selector, identity)),
    );
    this.#numbers.release(identity);
  }

  /** The selectors go along with an IKE SA that is rekeyed. */
  transfer(from: bigint, to: bigint): void {
    const claims = this.#byOwner.take(from);
    if (claims === undefined) return;
    this.release(to);
    this.#byOwner.set(to, claims);
  }

  /** The IKE SA is gone, and holds nothing. */
  release(owner: bigint): void {
    const claims = this.#byOwner.take(owner);
    if (claims === undefined) return;
    if (!isSeveral(claims)) this.#giveUp(claims);
    else for (const claim of claims) this.#giveUp(claim);
  }

  clear(): void {
    for (const [owner] of this.#byOwner.entries()) this.release(owner);
  }

  #familyOf(address: Address): FamilyClaims {
    return typeof address === "number" ? this.#ipv4 : this.#ipv6;
  }

  #claim({ startAddress, endAddress }: TrafficSelector, identity: number): Claim {
    const start = addressOf(startAddress);
    if (sameOctets(startAddress, endAddress)) {
      return typeof start === "number" ? this.#claimIpv4(start, identity) : this.#claimAddress(start, identity);
    }
    this.#numbers.holdNumber(identity);
    const claim = { identity, start, end: addressOf(endAddress) };
    this.#familyOf(start).ranges.add(claim);
    this.#countRange(identity, 1);
    return claim;
  }

  #claimIpv4(address: number, identity: number): Claim {
    const first = this.#firstHolders.holderOf(address);
    if (first === identity) this.#firstHolders.claim(address);
    else if (first !== undefined || this.#ipv4.holders.has(address)) return this.#claimAddress(address, identity);
    else {
      this.#numbers.holdNumber(identity);
      this.#firstHolders.add(address, identity);
      this.#ipv4.addresses.add(address);
    }
    return address;
  }

  #claimAddress(address: Address, identity: number): AddressClaim {
    const { holders, addresses } = this.#familyOf(address);
    const known = holders.get(address);
    const held = known instanceof Map ? known.get(identity) : known?.identity === identity ? known : undefined;
    if (held) {
      held.count++;
      return held;
    }
    this.#numbers.holdNumber(identity);
    const claim = { identity, address, count: 1 };
    if (known === undefined) {
      holders.set(address, claim);
      if (!this.#isFirstHeld(address)) addresses.add(address);
    } else if (known instanceof Map) known.set(identity, claim);
    else holders.set(address, new Map([[known.identity, known], [identity, claim]]));
    return claim;
  }

  #giveUp(claim: Claim): void {
    if (typeof claim === "number") this.#giveUpFirst(claim);
    else if ("count" in claim) {
      if (--claim.count === 0) this.#forget(claim);
    } else {
      this.#familyOf(claim.start).ranges.delete(claim);
      this.#countRange(claim.identity, -1);
      this.#numbers.release(claim.identity);
    }
  }

  #giveUpFirst(address: number): void {
    const identity = this.#firstHolders.holderOf(address) ?? NOBODY;
    if (!this.#firstHolders.giveUp(address)) return;
    if (!this.#ipv4.holders.has(address)) this.#ipv4.addresses.delete(address);
    this.#numbers.release(identity);
  }

  #forget({ address, identity }: AddressClaim): void {
    const { holders, addresses } = this.#familyOf(address);
    const known = holders.get(address);
    if (!(known instanceof Map)) {
      holders.delete(address);
      if (!this.#isFirstHeld(address)) addresses.delete(address);
    } else if (known.delete(identity) && known.size === 1) {
      for (const last of known.values()) holders.set(address, last);
    }
    this.#numbers.release(identity);
  }

  #isFirstHeld(address: Address): boolean {
    return typeof address === "number" && this.#firstHolders.holderOf(address) !== undefined;
  }

  #isHeldByOthers(address: Address, identity: number): boolean {
    const first = typeof address === "number" ? this.#firstHolders.holderOf(address) : undefined;
    if (first !== undefined && first !== identity) return true;
    const holders = this.#familyOf(address).holders.get(address);
    if (holders === undefined) return false;
    return "identity" in holders ? holders.identity !== identity : holders.size > 1 || !holders.has(identity);
  }

  #countRange(identity: number, by: 1 | -1): void {
    const count = (this.#rangesOf.get(identity) ?? 0) + by;
    if (count > 0) this.#rangesOf.set(identity, count);
    else this.#rangesOf.delete(identity);
  }
}

function isSeveral(claims: Claim | readonly Claim[]): claims is readonly Claim[] {
  return Array.isArray(claims);
}

/** IPv4: 32 bits, of which the first is turned over, so that they are ordered as signed numbers, which take no room of their own. */
function addressOf(octets: Uint8Array): Address {
  if (octets.length === 4) return (octets[0] << 24 | octets[1] << 16 | octets[2] << 8 | octets[3]) ^ 0x8000_0000;
  let units = "";
  for (let index = 0; index < octets.length; index += 2) units += String.fromCharCode(octets[index] << 8 | octets[index + 1]);
  return units;
}

function familyClaims(): FamilyClaims {
  return {
    holders: new Map(),
    addresses: new IntervalIndex((address) => address),
    ranges: new IntervalIndex(({ start }) => start, ({ end }) => end),
  };
}
