/**
 * Ticket keys that were taken out of a ring while a wave may still seal under them: they keep their octets a little longer, then are wiped.
 *
 * @module
 */
import { wipeTicketKey } from "./ticket_key_uses.ts";

/** How long a wave that began before a key was taken away may seal under it, in seconds. */
const LEAVING_SECONDS = 60;

export class LeavingTicketKeys {
  #leaving: { readonly key: Uint8Array; readonly atEpochSeconds: number }[] = [];

  /** When the octets of each are wiped. */
  get moments(): readonly number[] {
    return this.#leaving.map(({ atEpochSeconds }) => atEpochSeconds);
  }

  /** The octets of a key are wiped a minute from now. */
  add(key: Uint8Array, nowEpochSeconds: number): void {
    this.#leaving.push({ key, atEpochSeconds: nowEpochSeconds + LEAVING_SECONDS });
  }

  /** Wipes the keys whose time has come. */
  wipe(nowEpochSeconds: number): void {
    for (const { key, atEpochSeconds } of this.#leaving) if (atEpochSeconds <= nowEpochSeconds) wipeTicketKey(key);
    this.#leaving = this.#leaving.filter(({ atEpochSeconds }) => atEpochSeconds > nowEpochSeconds);
  }
}
