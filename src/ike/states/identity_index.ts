/**
 * IKE SAs by identity. Most identities have one IKE SA, and a crowd may share one identity.
 *
 * @module
 */

/**
 * More of one identity are in a set. A client that comes back has two for a moment: a set for them would take longer to make than all else that is
 * done here.
 */
const FEW = 8;

export class IdentityIndex {
  /** By `identityKey`. Several only where there are several: there may be a million identities. */
  readonly #byKey = new Map<string, bigint | bigint[] | Set<bigint>>();

  add(key: string, ownSpi: bigint): void {
    const known = this.#byKey.get(key);
    if (known === undefined) this.#byKey.set(key, ownSpi);
    else if (typeof known === "bigint") {
      if (known !== ownSpi) this.#byKey.set(key, [known, ownSpi]);
    } else if (known instanceof Set) known.add(ownSpi);
    else if (!known.includes(ownSpi)) {
      if (known.length < FEW) known.push(ownSpi);
      else this.#byKey.set(key, new Set(known).add(ownSpi));
    }
  }

  delete(key: string, ownSpi: bigint): void {
    const known = this.#byKey.get(key);
    if (known === undefined) return;
    if (typeof known === "bigint") {
      if (known === ownSpi) this.#byKey.delete(key);
    } else if (known instanceof Set) {
      // A set stays one until it has one left: who is at the limit does not go to and fro.
      if (known.delete(ownSpi) && known.size === 1) { for (const last of known) this.#byKey.set(key, last); }
    } else {
      const place = known.indexOf(ownSpi);
      if (place >= 0) known.splice(place, 1);
      if (known.length === 1) this.#byKey.set(key, known[0]);
    }
  }

  count(key: string): number {
    const known = this.#byKey.get(key);
    if (known === undefined) return 0;
    if (typeof known === "bigint") return 1;
    return known instanceof Set ? known.size : known.length;
  }

  /** The IKE SAs of an identity, the oldest first. */
  of(key: string): Iterable<bigint> {
    const known = this.#byKey.get(key);
    if (known === undefined) return [];
    return typeof known === "bigint" ? [known] : known;
  }

  clear(): void {
    this.#byKey.clear();
  }
}
