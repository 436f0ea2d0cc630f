/**
 * Used tickets in memory: single use within one process (RFC 5723, section 4.3.1). A restart forgets them.
 *
 * @module
 */
import type { ClaimRequest } from "../ike/step.ts";
import type { TicketClaims } from "../ike/wave.ts";

/** How many claims pass between two sweeps of what has expired. */
const SWEEP_INTERVAL = 4096;

/** Remembers each claimed ticket until it expires: after that it is refused for its age. */
export class MemoryTicketClaims implements TicketClaims {
  readonly #expiryById = new Map<string, number>();
  readonly #nowEpochSeconds: () => number;
  #sinceSweep = 0;

  constructor(nowEpochSeconds: () => number = () => Date.now() / 1000) {
    this.#nowEpochSeconds = nowEpochSeconds;
  }

  /** How many claims are remembered. */
  get size(): number {
    return this.#expiryById.size;
  }

  claim(batch: readonly ClaimRequest[]): boolean[] {
    this.#sweep(batch.length);
    return batch.map(({ ticketId, expiresAtEpochSeconds }) => {
      if (this.#expiryById.has(ticketId)) return false;
      this.#expiryById.set(ticketId, expiresAtEpochSeconds);
      return true;
    });
  }

  isClaimed(batch: readonly ClaimRequest[]): boolean[] {
    return batch.map(({ ticketId }) => this.#expiryById.has(ticketId));
  }

  #sweep(claims: number): void {
    this.#sinceSweep += claims;
    if (this.#sinceSweep < SWEEP_INTERVAL) return;
    this.#sinceSweep = 0;
    const now = this.#nowEpochSeconds();
    for (const [ticketId, expiresAtEpochSeconds] of this.#expiryById) {
      if (expiresAtEpochSeconds < now) this.#expiryById.delete(ticketId);
    }
  }
}
