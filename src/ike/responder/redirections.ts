/**
 * Clients that are up, and are to go to another gateway: so many a second, so that the other one can take them in (RFC 5685, section 5).
 *
 * @module
 */
import { PacedQueue } from "../queues/paced_queue.ts";

/** One that is told now. */
export interface DueRedirection {
  /** This end's SPI. */
  readonly ownSpi: bigint;
  readonly to: string;
}

export class Redirections {
  readonly #queue: PacedQueue<bigint>;
  readonly #to = new Map<bigint, string>();

  constructor(perSecond: number) {
    this.#queue = new PacedQueue(perSecond);
  }

  /** When the next one is told, in monotonic milliseconds; `undefined` while nobody waits. */
  get nextMs(): number | undefined {
    return this.#queue.nextMs;
  }

  /** Whoever waits already keeps the place, and goes where was said last. */
  add(ownSpi: bigint, to: string): void {
    this.#to.set(ownSpi, to);
    this.#queue.add(ownSpi);
  }

  /** `undefined`: nobody waits, or it is too early. */
  take(nowMs: number): DueRedirection | undefined {
    const ownSpi = this.#queue.take(nowMs);
    const to = ownSpi === undefined ? undefined : this.#to.get(ownSpi);
    if (ownSpi === undefined || to === undefined) return undefined;
    this.#to.delete(ownSpi);
    return { ownSpi, to };
  }

  clear(): void {
    this.#queue.clear();
    this.#to.clear();
  }
}
