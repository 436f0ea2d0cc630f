/**
 * IKE SAs by identity. Most identities have one IKE SA, and a crowd may share one identity.
 *
 * @module
 */
import { type IdentityNumbers, NOBODY } from "../child_sa/identity_numbers.ts";

/** More of one identity are in a set. A client that comes back has two for a moment, for which nothing is made. */
const FEW = 8;
const FEWEST_NUMBERS = 64;
/** No IKE SA has this SPI (RFC 7296, section 3.1). */
const NONE = 0n;

type Several = bigint[] | Set<bigint>;

export class IdentityIndex {
  readonly #numbers: IdentityNumbers;
  /** By the identity's number: its IKE SA, where it has one or two, and the newer of two; {@link NONE}: it has none here, or more. */
  #lone = new BigUint64Array(FEWEST_NUMBERS);
  #newer = new BigUint64Array(FEWEST_NUMBERS);
  /** Of identities that have more. */
  readonly #several = new Map<number, Several>();

  constructor(numbers: IdentityNumbers) {
    this.#numbers = numbers;
  }

  /** @returns the number of the identity, which it has as long as it has IKE SAs: what {@link delete} is told. */
  add(key: string, ownSpi: bigint): number {
    const found = this.#numbers.find(key);
    const lone = found === NOBODY ? NONE : this.#loneOf(found);
    if (lone !== NONE) {
      const newer = this.#newer[found];
      if (lone === ownSpi || newer === ownSpi) return found;
      if (newer === NONE) this.#newer[found] = ownSpi;
      else {
        this.#several.set(found, [lone, newer, ownSpi]);
        this.#lone[found] = this.#newer[found] = NONE;
      }
      return found;
    }
    const several = found === NOBODY ? undefined : this.#several.get(found);
    if (several === undefined) return this.#addFirst(this.#numbers.hold(key), ownSpi);
    if (several instanceof Set) several.add(ownSpi);
    else if (!several.includes(ownSpi)) {
      if (several.length < FEW) several.push(ownSpi);
      else this.#several.set(found, new Set(several).add(ownSpi));
    }
    return found;
  }

  delete(number: number, ownSpi: bigint): void {
    const lone = this.#loneOf(number);
    if (lone !== NONE) {
      const newer = this.#newer[number];
      if (lone !== ownSpi && newer !== ownSpi) return;
      this.#lone[number] = lone === ownSpi ? newer : lone;
      this.#newer[number] = NONE;
      if (this.#lone[number] === NONE) this.#numbers.release(number);
      return;
    }
    const several = this.#several.get(number);
    // A set stays one until it has one left: who is at the limit does not go to and fro.
    if (several instanceof Set) {
      if (several.delete(ownSpi) && several.size === 1) { for (const last of several) this.#leave(number, last); }
    } else if (several !== undefined) {
      const place = several.indexOf(ownSpi);
      if (place >= 0) several.splice(place, 1);
      if (several.length === 1) this.#leave(number, several[0]);
    }
  }

  /** An IKE SA takes the place of another, as the newest of its identity. */
  replace(number: number, before: bigint, ownSpi: bigint): void {
    const several = this.#several.get(number);
    if (several instanceof Set) {
      several.delete(before);
      several.add(ownSpi);
    } else if (several !== undefined) {
      several.splice(several.indexOf(before), 1);
      several.push(ownSpi);
    } else if (this.#newer[number] === NONE) this.#lone[number] = ownSpi;
    else {
      if (this.#lone[number] === before) this.#lone[number] = this.#newer[number];
      this.#newer[number] = ownSpi;
    }
  }

  /** Whether a number that {@link add} gave is this identity's. */
  is(number: number, key: string): boolean {
    return this.#numbers.is(number, key);
  }

  count(key: string): number {
    const number = this.#numbers.find(key);
    if (number === NOBODY) return 0;
    if (this.#loneOf(number) !== NONE) return this.#newer[number] === NONE ? 1 : 2;
    const several = this.#several.get(number);
    return several instanceof Set ? several.size : several?.length ?? 0;
  }

  /** The IKE SAs of an identity, the oldest first. */
  of(key: string): Iterable<bigint> {
    const number = this.#numbers.find(key);
    if (number === NOBODY) return [];
    const lone = this.#loneOf(number);
    if (lone === NONE) return this.#several.get(number) ?? [];
    const newer = this.#newer[number];
    return newer === NONE ? [lone] : [lone, newer];
  }

  /** The IKE SAs of all identities. */
  *all(): Iterable<bigint> {
    for (const lone of this.#lone) if (lone !== NONE) yield lone;
    for (const newer of this.#newer) if (newer !== NONE) yield newer;
    for (const several of this.#several.values()) yield* several;
  }

  #addFirst(number: number, ownSpi: bigint): number {
    if (number >= this.#lone.length) {
      const length = 2 ** Math.ceil(Math.log2(number + 1));
      this.#lone = longer(this.#lone, length);
      this.#newer = longer(this.#newer, length);
    }
    this.#lone[number] = ownSpi;
    return number;
  }

  /** One of several is left. */
  #leave(number: number, last: bigint): void {
    this.#several.delete(number);
    this.#lone[number] = last;
  }

  #loneOf(number: number): bigint {
    return number < this.#lone.length ? this.#lone[number] : NONE;
  }
}

function longer(numbers: BigUint64Array<ArrayBuffer>, length: number): BigUint64Array<ArrayBuffer> {
  const all = new BigUint64Array(length);
  all.set(numbers);
  return all;
}
