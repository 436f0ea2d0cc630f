/**
 * How many handshakes there may be at once, and for how long: each takes some hundred kilobytes, and nobody says when a client has gone.
 *
 * @module
 */
import { clearTimeout, setTimeout } from "node:timers";
import type { TlsSession } from "./tls_session.ts";

/** As long as a half-open IKE SA lives, and more: none that is still of use is ended. */
const LONGEST_HANDSHAKE_MS = 60_000;

export class TlsPlaces {
  readonly #most: number;
  readonly #taken = new Map<TlsSession, ReturnType<typeof setTimeout>>();

  constructor(most: number) {
    this.#most = most;
  }

  /** How many there are. */
  get count(): number {
    return this.#taken.size;
  }

  /** `undefined`: there are too many. */
  take(open: () => TlsSession): TlsSession | undefined {
    if (this.#taken.size >= this.#most) return undefined;
    const session = open();
    const timer = setTimeout(() => this.leave(session), LONGEST_HANDSHAKE_MS);
    // It keeps no process alive.
    timer.unref();
    this.#taken.set(session, timer);
    return session;
  }

  leave(session: TlsSession): void {
    clearTimeout(this.#taken.get(session));
    this.#taken.delete(session);
    session.close();
  }
}
