/**
 * How many tickets each key of a ring may still seal: one key under random IVs serves a bounded number (NIST SP 800-38D, section 8.3).
 *
 * @module
 */
import { type TicketKey, ticketKeyName } from "./ticket_key.ts";

export class SealsLeft {
  readonly #limit: number;
  #current: Uint8Array;
  #ofCurrent: number;
  /** By name; a key that is not here has sealed nothing. */
  readonly #ofOthers = new Map<string, number>();

  constructor(limit: number, current: TicketKey) {
    this.#limit = limit;
    this.#current = current.key;
    this.#ofCurrent = limit;
  }

  of(key: TicketKey): number {
    if (key.key === this.#current) return this.#ofCurrent;
    return this.#ofOthers.get(ticketKeyName(key.keyId)) ?? this.#limit;
  }

  /** Counts one ticket under the current key; `false`: it may seal none any more. */
  take(): boolean {
    if (this.#ofCurrent <= 0) return false;
    this.#ofCurrent--;
    return true;
  }

  /**
   * Another key is the current one from now on.
   *
   * @param keepsEarlier the one before it stays in the ring, and may be the current one again.
   */
  turnTo(key: TicketKey, earlier: TicketKey, keepsEarlier: boolean): void {
    if (keepsEarlier) this.#ofOthers.set(ticketKeyName(earlier.keyId), this.#ofCurrent);
    this.#ofCurrent = this.of(key);
    this.#current = key.key;
  }

  /** A key is gone from the ring. */
  forget(name: string): void {
    this.#ofOthers.delete(name);
  }
}
