/**
 * How much was handed to a worker that it has not taken yet. A message queue between threads has no bound of its own: a worker that falls behind
 * must not make the process grow.
 *
 * @module
 */

/** Datagrams that may wait for a worker between the threads. Behind them wait those of its own queues. */
const MOST_DATAGRAMS = 8_192;
/** Octets of them. One of the longest datagrams takes 64 KB. */
const MOST_OCTETS = 16 << 20;
/** First messages may take no more than that part of either: whoever floods with them keeps no others out. */
const FIRST_MESSAGES_PART = 2;

const DATAGRAMS = 0;
const OCTETS = 1;

/** Where a worker counts what it has taken; both numbers run over. */
export function newTaken(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
}

/** The worker's side. */
export function take(taken: Int32Array<SharedArrayBuffer>, datagrams: number, octets: number): void {
  Atomics.add(taken, DATAGRAMS, datagrams);
  Atomics.add(taken, OCTETS, octets);
}

/** The main thread's side. */
export class InFlight {
  readonly #taken: Int32Array<SharedArrayBuffer>;
  #datagrams = 0;
  #octets = 0;

  constructor(taken: Int32Array<SharedArrayBuffer>) {
    this.#taken = taken;
  }

  /** Counts one datagram in; `false`: there is no room for it. */
  enter(octets: number, isFirstMessage: boolean): boolean {
    const part = isFirstMessage ? FIRST_MESSAGES_PART : 1;
    const waiting = this.#datagrams - Atomics.load(this.#taken, DATAGRAMS) | 0;
    const waitingOctets = this.#octets - Atomics.load(this.#taken, OCTETS) | 0;
    if (waiting >= MOST_DATAGRAMS / part || waitingOctets + octets > MOST_OCTETS / part) return false;
    this.#datagrams = this.#datagrams + 1 | 0;
    this.#octets = this.#octets + octets | 0;
    return true;
  }
}
