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

/** One that waits for its turn. */
interface WaitingClient {
  ownSpi: bigint;
  to: string;
}

export class Redirections {
  readonly #queue: PacedQueue<WaitingClient>;
  readonly #waiting = new Map<bigint, WaitingClient>();

  constructor(perSecond: number) {
    this.#queue = new PacedQueue(perSecond);
  }

  /** When the next one is told, in monotonic milliseconds; `undefined` while nobody waits. */
  get nextMs(): number | undefined {
    return this.#queue.nextMs;
  }

  /** Whoever waits already keeps the place, and goes where was said last. */
  add(ownSpi: bigint, to: string): void {
    const waiting = this.#waiting.get(ownSpi);
    if (waiting) {
      waiting.to = to;
      return;
    }
    const client = { ownSpi, to };
    this.#waiting.set(ownSpi, client);
    this.#queue.add(client);
  }

  /** Another IKE SA has taken the place of one, and its turn. */
  transfer(from: bigint, to: bigint): void {
    const client = this.#waiting.get(from);
    if (client === undefined) return;
    this.#waiting.delete(from);
    client.ownSpi = to;
    this.#waiting.set(to, client);
  }

  /** An IKE SA is over: it takes nobody's turn. */
  forget(ownSpi: bigint): void {
    const client = this.#waiting.get(ownSpi);
    if (client === undefined) return;
    this.#waiting.delete(ownSpi);
    this.#queue.delete(client);
  }

  /** `undefined`: nobody waits, or it is too early. */
  take(nowMs: number): DueRedirection | undefined {
    const client = this.#queue.take(nowMs);
    if (client) this.#waiting.delete(client.ownSpi);
    return client;
  }

  clear(): void {
    this.#queue.clear();
    this.#waiting.clear();
  }
}
