/**
 * Revoked tickets in memory (RFC 5723, section 9.8), each exactly, as long as there is room for that. A restart forgets them.
 *
 * @module
 */
import type { Revocation, RevocationStore } from "../ticket/revocation_store.ts";
import type { TicketName } from "../ticket/ticket_name.ts";
import { CLOCK_MARGIN_SECONDS, type EpochSeconds, steady, systemEpochSeconds } from "./gateway_store.ts";
import { isRevoked, revoke } from "./revoked_tickets.ts";
import { StoreError } from "./store_error.ts";
import { TicketList } from "./ticket_list.ts";

export class MemoryRevocations implements RevocationStore {
  readonly #revoked: TicketList;

  constructor(now: EpochSeconds = steady(systemEpochSeconds), limit?: number) {
    this.#revoked = new TicketList(now, limit);
  }

  get size(): number {
    return this.#revoked.size;
  }

  /** How many revoked tickets have given way to a coarser rule so far. */
  get namesGivenUp(): number {
    return this.#revoked.namesGivenUp;
  }

  /**
   * @throws {StoreError} `full`: as many tickets are remembered as may be, all by their names alone; the rest of the batch is
   * not. No gateway revokes such tickets by itself.
   */
  add(batch: readonly Revocation[]): void {
    for (const revocation of batch) {
      if (!revoke(this.#revoked, revocation, revocation.expiresAtEpochSeconds + CLOCK_MARGIN_SECONDS)) {
        throw new StoreError("full", `memory: ${this.#revoked.size} revoked tickets, no room for more`);
      }
    }
  }

  has(batch: readonly TicketName[]): boolean[] {
    return batch.map((name) => isRevoked(this.#revoked, name));
  }
}
