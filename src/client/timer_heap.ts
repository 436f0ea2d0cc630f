/**
 * Deadlines of many sessions, earliest first: a binary heap.
 *
 * @module
 */

/** A deadline and whose it is. */
export interface Entry<Owner> {
  readonly deadline: number;
  readonly owner: Owner;
}

export class TimerHeap<Owner> {
  readonly #entries: Entry<Owner>[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** The earliest deadline. */
  get earliest(): number | undefined {
    return this.#entries[0]?.deadline;
  }

  add(deadline: number, owner: Owner): void {
    const entries = this.#entries;
    const entry = { deadline, owner };
    let at = entries.length;
    entries.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (entries[parent].deadline <= deadline) break;
      entries[at] = entries[parent];
      at = parent;
    }
    entries[at] = entry;
  }

  /** Removes and returns the earliest deadline, if it is not after `now`. */
  takeDue(now: number): Entry<Owner> | undefined {
    const entries = this.#entries;
    const first = entries[0];
    if (first === undefined || first.deadline > now) return undefined;
    const last = entries.pop()!;
    if (entries.length > 0) this.#sink(last);
    return first;
  }

  /** Puts an entry in the free place at the top, and moves it down to where it belongs. */
  #sink(entry: Entry<Owner>): void {
    const entries = this.#entries;
    let at = 0;
    for (let child = 1; child < entries.length; child = 2 * at + 1) {
      if (child + 1 < entries.length && entries[child + 1].deadline < entries[child].deadline) child++;
      if (entries[child].deadline >= entry.deadline) break;
      entries[at] = entries[child];
      at = child;
    }
    entries[at] = entry;
  }
}
