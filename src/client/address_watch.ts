/**
 * Looks from which address this machine reaches its gateway, and has a session with MOBIKE follow when that changes (RFC 4555).
 *
 * @module
 */

export interface AddressWatchOptions {
  /** Above 0. */
  readonly intervalSeconds: number;
  /** The address from which the gateway is reached now; rejects while there is none. */
  readonly reachedFrom: () => Promise<string>;
  /** The address that the session has. */
  readonly current: () => string;
  /** False: it was refused, or there is nothing to move. */
  readonly move: (address: string) => Promise<boolean>;
}

export class AddressWatch {
  readonly #options: AddressWatchOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  #isLooking = false;

  constructor(options: AddressWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#look(), 1_000 * options.intervalSeconds);
    // It keeps no program alive: the session does.
    this.#timer.unref?.();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    // One move at a time: the next look finds out whether there is more to do.
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const address = await this.#options.reachedFrom();
      if (address !== this.#options.current()) await this.#options.move(address);
    } catch {
      // There is no way to the gateway at the moment, or the address has gone again: the next look tries anew.
    } finally {
      this.#isLooking = false;
    }
  }
}
