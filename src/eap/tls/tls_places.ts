/**
 * How many handshakes there may be at once, and for how long: each takes some hundred kilobytes, and nobody says when a client has gone. The oldest makes
 * room: whoever wants to keep others out has to begin so many anew within the time of one, and not within its longest.
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

  take(open: () => TlsSession): TlsSession {
    const [oldest] = this.#taken.keys();
    if (oldest !== undefined && this.#taken.size >= this.#most) this.leave(oldest);
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
