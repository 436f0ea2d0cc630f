/**
 * Faults of the functions that a program hands in. They reach neither the protocol nor another client: they are counted, and
 * reported at a bounded rate.
 *
 * @module
 */

/** A function that the program handed in threw, or its promise was rejected. The message names it; `cause` is what it threw. */
export class HookError extends Error {
  /** Tells it from other errors where `instanceof` cannot, as in logs. */
  override readonly name = "HookError";
  /** The function, by the name of its option. */
  readonly hook: string;
  /** How often it has thrown since the last report, this time included. */
  readonly times: number;

  /** `hook`: its name; `cause`: what it threw the last time. */
  constructor(hook: string, times: number, cause: unknown) {
    super(`${hook} threw${times > 1 ? ` ${times} times` : ""}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
    this.hook = hook;
    this.times = times;
  }
}

/** A function that throws for every client must not fill the log that it is told in. */
export const REPORT_INTERVAL_MS = 10_000;

interface Tally {
  toldAtMs: number;
  untold: number;
}

export class HookFaults {
  readonly #onFault: (fault: HookError) => unknown;
  readonly #monotonicMs: () => number;
  readonly #tallies = new Map<string, Tally>();
  #total = 0;

  /**
   * @param onFault Called at the first fault of each function, and again after {@link REPORT_INTERVAL_MS} at the earliest. What
   * it throws itself is only counted.
   */
  constructor(onFault: (fault: HookError) => unknown, monotonicMs: () => number) {
    this.#onFault = onFault;
    this.#monotonicMs = monotonicMs;
  }

  /** How often all functions together have thrown. */
  get total(): number {
    return this.#total;
  }

  /** Calls a function whose answer does not matter. Never throws; what it returns is not waited for. */
  call(hook: string, run: () => unknown): void {
    contain(run, (fault) => this.take(hook, fault));
  }

  /** Tells a listener one thing after the other, as by {@link call}. */
  tellEach<Told>(hook: string, listener: (told: Told) => unknown, all: readonly Told[]): void {
    const onFault = (fault: unknown) => this.take(hook, fault);
    for (const told of all) {
      try {
        const result = listener(told);
        if (isThenable(result)) result.then(undefined, onFault);
      } catch (fault) {
        onFault(fault);
      }
    }
  }

  /** A function has thrown. */
  take(hook: string, fault: unknown): void {
    this.#total++;
    const now = this.#monotonicMs();
    let tally = this.#tallies.get(hook);
    if (tally === undefined) this.#tallies.set(hook, tally = { toldAtMs: -Infinity, untold: 0 });
    tally.untold++;
    if (now - tally.toldAtMs < REPORT_INTERVAL_MS) return;
    const error = new HookError(hook, tally.untold, fault);
    tally.toldAtMs = now;
    tally.untold = 0;
    contain(() => this.#onFault(error), () => this.#total++);
  }
}

/** Runs a function whose fault must not end its caller: what it throws goes to `onFault`, also by a rejected promise. */
export function contain(run: () => unknown, onFault: (fault: unknown) => void): void {
  try {
    const result = run();
    if (isThenable(result)) result.then(undefined, onFault);
  } catch (fault) {
    onFault(fault);
  }
}

/** Whether something is a promise, of whichever make. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
