/**
 * Traffic selectors that clients hold on their side, where no policy says whose they are: first come, first served, by identity.
 *
 * @module
 */
import { toHexadecimal } from "../../wire/hexadecimal.ts";
import { sameOctets } from "../../wire/octets.ts";
import type { TrafficSelector } from "../../wire/payload.ts";

/** Addresses of one family, as digits that are ordered as the addresses are; both ends inclusive. */
interface Claim {
  readonly identity: string;
  readonly start: string;
  readonly end: string;
}

/**
 * Claims of more than one address that one identity may have at a time. Each is looked at whenever anybody claims something:
 * without a bound one client would slow down all others.
 */
export const MOST_RANGES_OF_ONE_IDENTITY = 64;

/** How many claims of one address an identity has. */
interface Holder {
  readonly identity: string;
  count: number;
}

/**
 * Who holds which addresses. IKE SAs are named by the gateway's own SPI, identities by `identityKey`. Protocols and ports make no difference.
 */
export class SelectorClaims {
  readonly #byOwner = new Map<bigint, Claim[]>();
  /** Claims of one address, which nearly all are, by address. Most have one holder: there may be a million. */
  readonly #single = new Map<string, Holder | Map<string, number>>();
  readonly #wide = new Set<Claim>();
  readonly #rangesOf = new Map<string, number>();

  /** Whether no other identity holds an address of a selector, and this one does not hold too many ranges. */
  isFree({ startAddress, endAddress }: TrafficSelector, identity: string): boolean {
    const wanted = claimOf(startAddress, endAddress, identity);
    if (!isSingle(wanted) && (this.#rangesOf.get(identity) ?? 0) >= MOST_RANGES_OF_ONE_IDENTITY) return false;
    for (const claim of this.#wide) {
      if (claim.identity !== wanted.identity && overlap(claim, wanted)) return false;
    }
    if (isSingle(wanted)) return !isHeldByOthers(this.#single.get(wanted.start), wanted.identity);
    for (const [address, holders] of this.#single) {
      if (overlap({ start: address, end: address }, wanted) && isHeldByOthers(holders, wanted.identity)) return false;
    }
    return true;
  }

  /** From now on an IKE SA holds these selectors, and none of those that it held before. */
  hold(owner: bigint, identity: string, selectors: readonly TrafficSelector[]): void {
    this.release(owner);
    const claims = selectors.map(({ startAddress, endAddress }) => claimOf(startAddress, endAddress, identity));
    for (const claim of claims) {
      if (isSingle(claim)) this.#count(claim, 1);
      else {
        this.#wide.add(claim);
        this.#countRange(claim, 1);
      }
    }
    this.#byOwner.set(owner, claims);
  }

  /** The selectors go along with an IKE SA that is rekeyed. */
  transfer(from: bigint, to: bigint): void {
    const claims = this.#byOwner.get(from);
    if (claims === undefined) return;
    this.release(to);
    this.#byOwner.delete(from);
    this.#byOwner.set(to, claims);
  }

  /** The IKE SA is gone, and holds nothing. */
  release(owner: bigint): void {
    for (const claim of this.#byOwner.get(owner) ?? []) {
      if (isSingle(claim)) this.#count(claim, -1);
      else {
        this.#wide.delete(claim);
        this.#countRange(claim, -1);
      }
    }
    this.#byOwner.delete(owner);
  }

  clear(): void {
    this.#byOwner.clear();
    this.#single.clear();
    this.#wide.clear();
    this.#rangesOf.clear();
  }

  #countRange({ identity }: Claim, by: 1 | -1): void {
    const count = (this.#rangesOf.get(identity) ?? 0) + by;
    if (count > 0) this.#rangesOf.set(identity, count);
    else this.#rangesOf.delete(identity);
  }

  #count({ start, identity }: Claim, by: 1 | -1): void {
    const known = this.#single.get(start);
    if (known === undefined) this.#single.set(start, { identity, count: by });
    else if (known instanceof Map) {
      const count = (known.get(identity) ?? 0) + by;
      if (count > 0) known.set(identity, count);
      else known.delete(identity);
      if (known.size === 0) this.#single.delete(start);
    } else if (known.identity === identity) {
      known.count += by;
      if (known.count === 0) this.#single.delete(start);
    } else this.#single.set(start, new Map([[known.identity, known.count], [identity, by]]));
  }
}

/** Digits of IPv4 and IPv6 addresses differ in number: the family stands before them. */
function claimOf(startAddress: Uint8Array, endAddress: Uint8Array, identity: string): Claim {
  const digits = (octets: Uint8Array) => (octets.length === 4 ? "4:" : "6:") + toHexadecimal(octets);
  const start = digits(startAddress);
  return { identity, start, end: sameOctets(startAddress, endAddress) ? start : digits(endAddress) };
}

function isSingle({ start, end }: Claim): boolean {
  return start === end;
}

function overlap(a: Pick<Claim, "start" | "end">, b: Pick<Claim, "start" | "end">): boolean {
  return a.start <= b.end && b.start <= a.end;
}

function isHeldByOthers(holders: Holder | ReadonlyMap<string, number> | undefined, identity: string): boolean {
  if (holders === undefined) return false;
  return "identity" in holders ? holders.identity !== identity : holders.size > 1 || !holders.has(identity);
}
