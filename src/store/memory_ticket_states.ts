/**
 * The state of tickets by reference in memory (RFC 5723, section 6.1). A restart forgets them, and every ticket with them.
 *
 * @module
 */
import { wipe } from "../crypto/wipe.ts";
import type { StoredTicket, TicketStateStore } from "../ticket/ticket_state_store.ts";
import { ExpiringMap } from "./expiring_map.ts";
import { type EpochSeconds, steady, systemEpochSeconds } from "./gateway_store.ts";

/** While it is full, no tickets by reference can be issued, until some are deleted or expire. States are wiped as they go. */
export class MemoryTicketStates implements TicketStateStore {
  readonly #states: ExpiringMap<Uint8Array>;
  readonly #now: EpochSeconds;
  #latestEpochSeconds = -Infinity;

  constructor(now: EpochSeconds = steady(systemEpochSeconds), limit?: number) {
    this.#now = now;
    this.#states = new ExpiringMap(now, limit, wipe);
  }

  get size(): number {
    return this.#states.size;
  }

  put(batch: readonly StoredTicket[]): boolean[] {
    return batch.map(({ reference, state, expiresAtEpochSeconds }) =>
      this.#states.set(reference, state.slice(), expiresAtEpochSeconds)
    );
  }

  get(batch: readonly string[]): (Uint8Array | undefined)[] {
    this.#latestEpochSeconds = Math.max(this.#latestEpochSeconds, this.#now());
    return batch.map((reference) => {
      const entry = this.#states.get(reference);
      return entry && entry.expiresAtEpochSeconds > this.#latestEpochSeconds ? entry.value.slice() : undefined;
    });
  }

  delete(batch: readonly string[]): boolean[] {
    return batch.map((reference) => this.#states.delete(reference));
  }

  clear(): void {
    this.#states.clear();
  }
}
