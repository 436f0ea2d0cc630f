/**
 * A map that forgets what was not asked for lately: it holds at most twice its limit.
 *
 * @module
 */
export class RecentMap<Key, Value> {
  readonly #limit: number;
  #recent = new Map<Key, Value>();
  #earlier = new Map<Key, Value>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#recent.size + this.#earlier.size;
  }

  get(key: Key): Value | undefined {
    const recent = this.#recent.get(key);
    if (recent !== undefined) return recent;
    const earlier = this.#earlier.get(key);
    return earlier === undefined ? undefined : this.set(key, earlier);
  }

  /** Returns the value. */
  set(key: Key, value: Value): Value {
    if (this.#recent.size >= this.#limit) {
      this.#earlier = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(key, value);
    return value;
  }
}
