/**
 * Who may use what threads share. While the gate is open, every worker goes in and out as it likes. The one keeper, the main thread, closes it, waits
 * until nobody is inside, and is alone then.
 *
 * Nobody waits at a closed gate: a worker that is not let in goes another way. One that dies inside is counted out by the keeper.
 *
 * @module
 */

const OPEN = 1;
const CLOSED = 0;
const INSIDE = 1;
const OUTSIDE = 0;

/** Words between two counters, so that they are in no cache line together. */
const APART = 16;
/** Most workers. */
const MOST_MEMBERS = 64;

/** Words that a gate takes. */
export const GATE_WORDS: number = APART * (1 + MOST_MEMBERS);

export class Gate {
  readonly #words: Int32Array;

  /** @param words {@link GATE_WORDS} of them, shared. All zero: it is closed. */
  constructor(words: Int32Array) {
    this.#words = words;
  }

  /** A worker's, from 0. False: the gate is closed. Whoever was let in must leave, and must not wait in between. */
  enter(member: number): boolean {
    // First in, then a look: so either this sees that the gate is closed, or the keeper sees that somebody is inside.
    Atomics.store(this.#words, placeOf(member), INSIDE);
    if (Atomics.load(this.#words, 0) === OPEN) return true;
    this.leave(member);
    return false;
  }

  leave(member: number): void {
    Atomics.store(this.#words, placeOf(member), OUTSIDE);
  }

  /** The keeper's. */
  open(): void {
    Atomics.store(this.#words, 0, OPEN);
  }

  /** The keeper's. */
  close(): void {
    Atomics.store(this.#words, 0, CLOSED);
  }

  get isOpen(): boolean {
    return Atomics.load(this.#words, 0) === OPEN;
  }

  /** The keeper's: whether nobody is inside. After {@link close} nobody can go in any more. */
  get isEmpty(): boolean {
    for (let member = 0; member < MOST_MEMBERS; member++) {
      if (Atomics.load(this.#words, placeOf(member)) === INSIDE) return false;
    }
    return true;
  }
}

function placeOf(member: number): number {
  return APART * (1 + member);
}
