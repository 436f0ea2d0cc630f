/**
 * Collects what arrives into waves. The sockets are looked at between waves, and in a burst until it is over, because the kernel's
 * receive buffer may be small and this queue is not. Under light load a wave starts at the end of the very turn of the event loop
 * in which a datagram arrived: a wave of one waits for nothing.
 *
 * @module
 */

import { endOfTurn, socketsPolled } from "./event_loop_turn.ts";

/** Most items in one wave. Larger ones gain nothing (a batch of 8 is within 3 % of one of 64), and keep the sockets waiting. */
export const WAVE_LIMIT = 32;

/** So many arrivals at one look say that the sockets hold more. */
const BURST = 32;

/** Milliseconds for which the sockets may be left alone: a receive buffer of the usual size lasts a little longer. */
const LOOK_INTERVAL_MS = 3;

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
  #isStopped = false;

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
   * network, is "always" taken, until the scheduler is stopped.
   */
  submit(item: Item, acceptance: "if-room" | "always" = "if-room"): boolean {
    if (this.#isStopped) return false;
    if (acceptance === "if-room" && this.waiting >= this.#queueLimit) return false;
    this.#arrived++;
    this.#queue.push(item);
    this.#running ??= this.#run();
    return true;
  }

  /** From now on nothing is taken in. What waits is handed back unserved; the wave that is being served goes on: see {@link idle}. */
  stop(): Item[] {
    this.#isStopped = true;
    const waiting = this.#queue.slice(this.#head);
    this.#queue = [];
    this.#head = 0;
    return waiting;
  }

  /** Resolves when nothing waits and no wave is being served. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    await endOfTurn();
    let lookedAt = performance.now();
    while (this.waiting > 0) {
      if (performance.now() - lookedAt > LOOK_INTERVAL_MS) {
        await this.#burstOver();
        lookedAt = performance.now();
      }
      try {
        await this.#serve(this.#takeWave());
      } catch (fault) {
        this.#onFault(fault);
      }
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
