/**
 * IKE SAs by identity. Most identities have one IKE SA, and a crowd may share one identity.
 *
 * @module
 */
export class IdentityIndex {
  /** By `identityKey`. A set only where there are several: there may be a million identities. */
  readonly #byKey = new Map<string, bigint | Set<bigint>>();

  add(key: string, ownSpi: bigint): void {
    const known = this.#byKey.get(key);
    if (known === undefined) this.#byKey.set(key, ownSpi);
    else if (typeof known !== "bigint") known.add(ownSpi);
    else if (known !== ownSpi) this.#byKey.set(key, new Set([known, ownSpi]));
  }

  delete(key: string, ownSpi: bigint): void {
    const known = this.#byKey.get(key);
    if (known === ownSpi) this.#byKey.delete(key);
    else if (typeof known === "object" && known.delete(ownSpi) && known.size === 1) {
      for (const last of known) this.#byKey.set(key, last);
    }
  }

  count(key: string): number {
    const known = this.#byKey.get(key);
    if (known === undefined) return 0;
    return typeof known === "bigint" ? 1 : known.size;
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
