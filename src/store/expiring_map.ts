/**
 * A map that forgets expired entries, so that its size is bounded by those that have not expired.
 *
 * @module
 */
import type { EpochSeconds } from "./gateway_store.ts";

/** How many insertions pass between two looks for what has expired. */
const SWEEP_INTERVAL = 256;
/** Entries that a look takes in: four for each that came, so that what has expired is never more than a part of all. */
const SWEPT_AT_ONCE = 4 * SWEEP_INTERVAL;

/** Most entries of one map. */
export const MOST_ENTRIES = 1_000_000;

export interface Expiring<Value> {
  readonly value: Value;
  readonly expiresAtEpochSeconds: number;
}

export class ExpiringMap<Value> {
  readonly #entries = new Map<string, Expiring<Value>>();
  readonly #now: EpochSeconds;
  readonly #limit: number;
  readonly #forget: (value: Value) => void;
  /** Where the next look goes on: a map's iterator goes on however the map changes meanwhile. */
  #sweeping: MapIterator<string>;
  #sinceSweep = 0;
  #sweptAtEpochSeconds = -Infinity;

  /** @param forget called with each value that goes, to wipe secrets */
  constructor(now: EpochSeconds, limit: number = MOST_ENTRIES, forget: (value: Value) => void = () => {}) {
    this.#now = now;
    this.#limit = limit;
    this.#forget = forget;
    this.#sweeping = this.#entries.keys();
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * The latest time at which expired entries were forgotten. What expired before it may have been here: after a clock was set back it
   * must not count as if it never had been.
   */
  get sweptAtEpochSeconds(): number {
    return this.#sweptAtEpochSeconds;
  }

  get(key: string): Expiring<Value> | undefined {
    // An empty one is asked for every ticket. A string that was just made is hashed before it is looked for, which takes longer than all else here.
    return this.#entries.size === 0 ? undefined : this.#entries.get(key);
  }

  /** Adds or replaces an entry. False: the map is full of entries that have not expired, and nothing changed. */
  set(key: string, value: Value, expiresAtEpochSeconds: number): boolean {
    const earlier = this.#entries.get(key);
    if (earlier === undefined) {
      if (++this.#sinceSweep >= SWEEP_INTERVAL) this.#sweepSome();
      if (this.#entries.size >= this.#limit) return false;
    } else if (earlier.value !== value) {
      this.#forget(earlier.value);
    }
    this.#entries.set(key, { value, expiresAtEpochSeconds });
    return true;
  }

  /** Deletes an entry. Returns whether it was there. */
  delete(key: string): boolean {
    const entry = this.get(key);
    if (entry === undefined) return false;
    this.#forget(entry.value);
    return this.#entries.delete(key);
  }

  /** Forgets expired entries. */
  sweep(): void {
    const now = this.#now();
    for (const [key, entry] of this.#entries) this.#forgetIfExpired(key, entry, now);
  }

  clear(): void {
    for (const key of this.#entries.keys()) this.delete(key);
  }

  entries(): MapIterator<[string, Expiring<Value>]> {
    return this.#entries.entries();
  }

  values(): MapIterator<Expiring<Value>> {
    return this.#entries.values();
  }

  deleteWhere(isGone: (entry: Expiring<Value>) => boolean): void {
    for (const [key, entry] of this.#entries) if (isGone(entry)) this.delete(key);
  }

  /** A bounded part of the work: nobody waits for long, however many there are. */
  #sweepSome(): void {
    this.#sinceSweep = 0;
    const now = this.#now();
    for (let look = 0; look < SWEPT_AT_ONCE; look++) {
      const { value: key, done } = this.#sweeping.next();
      if (done) {
        this.#sweeping = this.#entries.keys();
        return;
      }
      // By its key: an iterator over entries makes an array of each.
      const entry = this.#entries.get(key);
      if (entry) this.#forgetIfExpired(key, entry, now);
    }
  }

  #forgetIfExpired(key: string, { expiresAtEpochSeconds }: Expiring<Value>, now: number): void {
    if (expiresAtEpochSeconds >= now) return;
    this.delete(key);
    this.#sweptAtEpochSeconds = Math.max(this.#sweptAtEpochSeconds, now);
  }
}
