/**
 * Revoked tickets in memory (RFC 5723, section 9.8), each exactly. A restart forgets them.
 *
 * @module
 */
import type { Revocation, RevocationStore } from "../ticket/revocation_store.ts";
import { ExpiringMap } from "./expiring_map.ts";
import { CLOCK_MARGIN_SECONDS, type EpochSeconds, systemEpochSeconds } from "./gateway_store.ts";
import { StoreError } from "./store_error.ts";

export class MemoryRevocations implements RevocationStore {
  readonly #revoked: ExpiringMap<true>;

  constructor(now: EpochSeconds = systemEpochSeconds, limit?: number) {
    this.#revoked = new ExpiringMap(now, limit);
  }

  get size(): number {
    return this.#revoked.size;
  }

  /** @throws {StoreError} `full`: as many are remembered as may be, and those of the batch from there on are not. */
  add(batch: readonly Revocation[]): void {
    for (const { ticketId, expiresAtEpochSeconds } of batch) {
      const until = Math.max(
        expiresAtEpochSeconds + CLOCK_MARGIN_SECONDS,
        this.#revoked.get(ticketId)?.expiresAtEpochSeconds ?? -Infinity,
      );
      if (!this.#revoked.set(ticketId, true, until)) {
        throw new StoreError("full", `memory: ${this.#revoked.size} revoked tickets, no room for more`);
      }
    }
  }

  has(batch: readonly string[]): boolean[] {
    return batch.map((ticketId) => this.#revoked.get(ticketId) !== undefined);
  }
}
