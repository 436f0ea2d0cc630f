/**
 * What a store is made of here: a service that keeps values under keys for a while, and replaces one only if nobody else has meanwhile. etcd,
 * DynamoDB, Consul, FoundationDB and SQL databases have such operations.
 */
export interface KeyValueService {
  /** The value of a key that has not expired. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** Writes a value if that of the key is still `before`, or there is none and `before` is not given. False: it is another. */
  swap(key: string, before: Uint8Array | undefined, value: Uint8Array, expiresAtEpochSeconds: number): Promise<boolean>;
  /** Removes a key. False: there was none. */
  remove(key: string): Promise<boolean>;
}

/** The same in memory, to try the store with. */
export class MemoryKeyValueService implements KeyValueService {
  readonly #entries = new Map<string, { readonly value: Uint8Array; readonly expiresAtEpochSeconds: number }>();
  readonly #now: () => number;

  constructor(now: () => number = () => Date.now() / 1_000) {
    this.#now = now;
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#valueOf(key)?.slice());
  }

  swap(key: string, before: Uint8Array | undefined, value: Uint8Array, expiresAtEpochSeconds: number): Promise<boolean> {
    const held = this.#valueOf(key);
    const isSame = held === undefined || before === undefined ? held === before : `${held}` === `${before}`;
    if (isSame) this.#entries.set(key, { value: value.slice(), expiresAtEpochSeconds });
    return Promise.resolve(isSame);
  }

  remove(key: string): Promise<boolean> {
    const isThere = this.#valueOf(key) !== undefined;
    this.#entries.delete(key);
    return Promise.resolve(isThere);
  }

  #valueOf(key: string): Uint8Array | undefined {
    const entry = this.#entries.get(key);
    if (entry !== undefined && entry.expiresAtEpochSeconds > this.#now()) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }
}
