/**
 * Collects what arrives into waves. The sockets are looked at between waves, and in a burst until it is over, because the
 * kernel's receive buffer may be small and this queue is not. Under light load a wave starts in the very turn of the event loop
 * in which a datagram arrived, and where nothing has to be waited for it is over before {@link WaveScheduler.begin} returns: a
 * wave of one waits for nothing. Under heavy load the more urgent items go first, and a flood of less urgent ones takes none of
 * their places.
 *
 * @module
 */

import process from "node:process";
import { endOfTurn, socketsPolled } from "./event_loop_turn.ts";
import { WaitingQueue } from "./waiting_queue.ts";

/** Most items in one wave. Larger ones gain nothing (a batch of 8 is within 3 % of one of 64), and keep the sockets waiting. */
export const WAVE_LIMIT = 32;

/**
 * The same where waves wait for a store over a network: a wave that waits leaves the processor free, so the next can be larger.
 * With 32 a wave, a store that takes 5 ms to answer would let 3,000 a second through.
 */
export const WIDEST_WAVE = 512;

/** A wave that takes less than this is not worth widening, in milliseconds. */
const SHORT_WAVE_MS = 2;

/** As many arrivals as this at one look say that the sockets hold more. */
const BURST = 32;

/** Milliseconds for which the sockets may be left alone: a receive buffer of the usual size lasts a little longer. */
const LOOK_INTERVAL_MS = 3;

/** After so many looks at the sockets without the runtime, the runtime looks at all that it has: 25 ms and more. */
const DRAINED_LOOKS = 8;

/** Most items that wait in one lane. Beyond it the newest is dropped: the oldest is the one whose sender has not yet given up. */
export const QUEUE_LIMIT = 32_768;

/** Places of a wave that each lane has, if it needs them: the least urgent goes on as well, if slowly. */
const LEAST_PLACES = 2;

export interface WaveSchedulerOptions<Item> {
  /**
   * Serves one wave, 1 to `waveLimit` items: those of the most urgent lane first, those of one lane in order of arrival. The next wave waits for
   * what it returns; `undefined`: it is served.
   */
  readonly serve: (wave: Item[]) => Promise<void> | undefined;
  /** `serve` failed: a programmer's error. The scheduler goes on with the next wave. */
  readonly onFault: (fault: unknown) => void;
  readonly waveLimit?: number;
  /** The limit that `waveLimit` grows to while waves wait more than they compute. Default: `waveLimit`, so that it does not. */
  readonly widestWave?: number;
  /** How long this process has computed so far, in milliseconds. Default: its processor time. */
  readonly computedMs?: () => number;
  /** Submits at once what waits in the kernel. False: only the runtime can read the sockets. Default: only the runtime can. */
  readonly drain?: () => boolean;
  /** Most items that wait in one lane. */
  readonly queueLimit?: number;
  /** How many lanes there are. Lane 0 is the most urgent. Default 1. */
  readonly lanes?: number;
}

export class WaveScheduler<Item> {
  readonly #serve: (wave: Item[]) => Promise<void> | undefined;
  readonly #onFault: (fault: unknown) => void;
  readonly #waveLimit: number;
  readonly #widestWave: number;
  readonly #computedMs: () => number;
  readonly #drain: () => boolean;
  readonly #queueLimit: number;
  readonly #lanes: readonly WaitingQueue<Item>[];
  /** Most items of the next wave. */
  #nextLimit: number;
  /** The last wave of those that may be widened has waited for something. */
  #isWaitingKind = false;
  #waiting = 0;
  #arrived = 0;
  /** A wave is being served, or the sockets are looked at between two. */
  #isRunning = false;
  /** Begins the first of several waves, if {@link begin} does not before. */
  #atEndOfTurn: ReturnType<typeof setImmediate> | undefined;
  /** Told when nothing waits and no wave is being served. */
  #idle: PromiseWithResolvers<void> | undefined;
  /** Looks at sockets that were read without the runtime. */
  #drained = 0;
  #isStopped = false;

  constructor(options: WaveSchedulerOptions<Item>) {
    this.#serve = options.serve;
    this.#onFault = options.onFault;
    this.#waveLimit = options.waveLimit ?? WAVE_LIMIT;
    this.#widestWave = Math.max(this.#waveLimit, options.widestWave ?? 0);
    this.#nextLimit = this.#waveLimit;
    this.#computedMs = options.computedMs ?? processorMs;
    this.#drain = options.drain ?? (() => false);
    this.#queueLimit = options.queueLimit ?? QUEUE_LIMIT;
    this.#lanes = Array.from({ length: options.lanes ?? 1 }, () => new WaitingQueue<Item>());
  }

  /** Items that wait, in all lanes. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Takes an item in. False: its lane is full, and the item was dropped. Items that the process itself submits, and not the
   * network, are "always" taken, until the scheduler is stopped.
   */
  submit(item: Item, acceptance: "if-room" | "always" = "if-room", lane: number = 0): boolean {
    if (this.#isStopped) return false;
    const queue = this.#lanes[lane];
    if (acceptance === "if-room" && queue.length >= this.#queueLimit) return false;
    this.#arrived++;
    this.#waiting++;
    queue.push(item);
    if (!this.#isRunning) this.#atEndOfTurn ??= setImmediate(() => this.begin());
    return true;
  }

  /** Begins the next wave now: nothing more is coming in this turn, so that it need not wait for its end. */
  begin(): void {
    clearImmediate(this.#atEndOfTurn);
    this.#atEndOfTurn = undefined;
    if (this.#isRunning) return;
    this.#isRunning = true;
    const lookedAt = performance.now();
    const served = this.#serveNext();
    if (served !== undefined || this.#waiting > 0) void this.#goOn(served, lookedAt);
    else this.#ended();
  }

  /** From now on nothing is taken in. What waits is handed back unserved; the wave that is being served goes on: see {@link idle}. */
  stop(): Item[] {
    this.#isStopped = true;
    this.#waiting = 0;
    const waiting: Item[] = [];
    for (const queue of this.#lanes) queue.take(queue.length, waiting);
    return waiting;
  }

  /** Resolves when nothing waits and no wave is being served. */
  async idle(): Promise<void> {
    while (this.#isRunning || this.#waiting > 0) await (this.#idle ??= Promise.withResolvers()).promise;
  }

  /** All further waves, until nothing waits. */
  async #goOn(first: Promise<void> | undefined, lookedAt: number): Promise<void> {
    await first;
    while (this.#waiting > 0) {
      if (performance.now() - lookedAt > LOOK_INTERVAL_MS) {
        await this.#look();
        lookedAt = performance.now();
      }
      await this.#serveNext();
    }
    this.#ended();
  }

  #ended(): void {
    this.#isRunning = false;
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  /** Never throws, and what it returns never rejects. */
  #serveNext(): Promise<void> | undefined {
    const wave = this.#takeWave();
    // The scheduler may have been stopped meanwhile.
    if (wave.length === 0) return undefined;
    // One that is not full says nothing of how wide waves should be.
    const isJudged = this.#widestWave > this.#waveLimit && wave.length >= this.#nextLimit;
    return isJudged ? this.#serveJudged(wave) : this.#serveOne(wave);
  }

  #serveOne(wave: Item[]): Promise<void> | undefined {
    try {
      return this.#serve(wave)?.catch(this.#onFault);
    } catch (fault) {
      this.#onFault(fault);
      return undefined;
    }
  }

  /**
   * Widens the next wave where this one has waited more than it has computed. The processor's time, which may take longer to ask for than a wave to
   * serve, is asked for only where the wave before has waited too.
   */
  #serveJudged(wave: Item[]): Promise<void> | undefined {
    const startedMs = performance.now();
    const computedBeforeMs = this.#isWaitingKind ? this.#computedMs() : Infinity;
    const judge = () => {
      const tookMs = performance.now() - startedMs;
      const hasWaited = computedBeforeMs !== Infinity && tookMs > SHORT_WAVE_MS &&
        this.#computedMs() - computedBeforeMs < tookMs / 2;
      this.#nextLimit = hasWaited ? Math.min(this.#widestWave, 2 * this.#nextLimit) : this.#narrower();
    };
    const served = this.#serveOne(wave);
    this.#isWaitingKind = served !== undefined;
    if (served !== undefined) return served.then(judge);
    this.#nextLimit = this.#narrower();
    return undefined;
  }

  #narrower(): number {
    return Math.max(this.#waveLimit, this.#nextLimit >> 1);
  }

  /** Looks at the sockets, and lets others in: timers, and what else the process listens to. */
  async #look(): Promise<void> {
    if (!this.#drain()) return await this.#burstOver();
    this.#drained++;
    if (this.#drained % DRAINED_LOOKS === 0) await socketsPolled();
    else await endOfTurn();
  }

  /** Lets the runtime look at the sockets, and in a burst again and again. */
  async #burstOver(): Promise<void> {
    let before: number;
    do {
      before = this.#arrived;
      await socketsPolled();
    } while (this.#arrived >= before + BURST && this.#waiting < this.#queueLimit);
  }

  #takeWave(): Item[] {
    const wave: Item[] = [];
    // At most half of a wave is kept for less urgent lanes.
    const least = Math.min(LEAST_PLACES, Math.floor(this.#nextLimit / 2 / this.#lanes.length));
    let kept = 0;
    for (const { length } of this.#lanes) kept += Math.min(length, least);
    for (const queue of this.#lanes) {
      kept -= Math.min(queue.length, least);
      queue.take(this.#nextLimit - wave.length - kept, wave);
    }
    this.#waiting -= wave.length;
    return wave;
  }
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
