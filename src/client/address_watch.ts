/**
 * Looks from which address this machine reaches its gateway, and has a session with MOBIKE follow when that changes (RFC 4555).
 *
 * @module
 */

import { localAddressTowards } from "../transport/local_address.ts";
import { IKE_PORT } from "../transport/ports.ts";
import type { Session } from "./session.ts";
import type { SessionOptions } from "./session_options.ts";

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

/**
 * The session, which follows by itself where it was told to.
 *
 * @throws {RangeError} the interval is none.
 */
export function watchAddress(
  session: Session,
  { watchAddressSeconds }: Pick<SessionOptions, "watchAddressSeconds">,
): Session {
  if (watchAddressSeconds === undefined) return session;
  if (!(watchAddressSeconds > 0)) throw new RangeError(`watchAddressSeconds is ${watchAddressSeconds}, expected more than 0`);
  const watch = new AddressWatch({
    intervalSeconds: watchAddressSeconds,
    reachedFrom: () => {
      const { address, port = IKE_PORT } = session.link.gateway;
      return localAddressTowards(address, port);
    },
    current: () => session.localAddress,
    move: (to) => session.move(to),
  });
  void session.closed.then(() => watch.stop());
  return session;
}
