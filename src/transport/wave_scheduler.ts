/**
 * Collects what arrives into waves. Reading has priority over serving, because the kernel's receive buffer is small and this
 * queue is not: in a burst a wave starts only when another look at the sockets brought little new, or the queue is
 * full. Under light load it starts at the end of the very turn in which a datagram arrived: a wave of one waits for nothing.
 *
 * @module
 */

import { endOfTurn, socketsPolled } from "./event_loop_turn.ts";

/** Most items in one wave. Larger waves gain nothing (a batch of 8 is within 3 % of one of 64) and delay the first answer. */
export const WAVE_LIMIT = 64;

/** So many arrivals at once say that the sockets hold more: fewer are served before the kernel's buffer could fill. */
const BURST = 32;

/** Most items that wait. Beyond it the newest is dropped: the oldest is the one whose sender has not yet given up. */
export const QUEUE_LIMIT = 32_768;

export interface WaveSchedulerOptions<Item> {
  /** Serves one wave, 1 to `waveLimit` items in order of arrival. The next wave waits for it. */
  readonly serve: (wave: Item[]) => Promise<void>;
  /** `serve` failed: a programmer's error. The scheduler goes on with the next wave. */
  readonly onFault: (fault: unknown) => void;
  readonly waveLimit?: number;
  readonly queueLimit?: number;
}

export class WaveScheduler<Item> {
  readonly #serve: (wave: Item[]) => Promise<void>;
  readonly #onFault: (fault: unknown) => void;
  readonly #waveLimit: number;
  readonly #queueLimit: number;
  #queue: Item[] = [];
  /** Index of the oldest waiting item: shifting an array of thousands for each wave would cost more than the wave. */
  #head = 0;
  #arrived = 0;
  #running: Promise<void> | undefined;

  constructor(options: WaveSchedulerOptions<Item>) {
    this.#serve = options.serve;
    this.#onFault = options.onFault;
    this.#waveLimit = options.waveLimit ?? WAVE_LIMIT;
    this.#queueLimit = options.queueLimit ?? QUEUE_LIMIT;
  }

  get waiting(): number {
    return this.#queue.length - this.#head;
  }

  /**
   * Takes an item in. False: the queue is full, and the item was dropped. What the process itself asks for, and not the
   * network, is "always" taken.
   */
  submit(item: Item, acceptance: "if-room" | "always" = "if-room"): boolean {
    if (acceptance === "if-room" && this.waiting >= this.#queueLimit) return false;
    this.#arrived++;
    this.#queue.push(item);
    this.#running ??= this.#run();
    return true;
  }

  /** Resolves when nothing waits and no wave is being served. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    await endOfTurn();
    if (this.waiting >= BURST) await this.#burstOver();
    while (this.waiting > 0) {
      try {
        await this.#serve(this.#takeWave());
      } catch (fault) {
        this.#onFault(fault);
      }
      if (this.waiting > 0) await this.#burstOver();
    }
    this.#running = undefined;
  }

  async #burstOver(): Promise<void> {
    let before: number;
    do {
      before = this.#arrived;
      await socketsPolled();
    } while (this.#arrived >= before + BURST && this.waiting < this.#queueLimit);
  }

  #takeWave(): Item[] {
    const end = Math.min(this.#head + this.#waveLimit, this.#queue.length);
    const wave = this.#queue.slice(this.#head, end);
    this.#head = end;
    if (end === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    } else if (end >= this.#queueLimit) {
      this.#queue = this.#queue.slice(end);
      this.#head = 0;
    }
    return wave;
  }
}
