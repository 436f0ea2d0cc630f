/**
 * All that a gateway keeps, in memory: the default. A restart forgets it.
 *
 * @module
 */
import { type DisposableStore, type EpochSeconds, steady, systemEpochSeconds } from "./gateway_store.ts";
import { MemoryTicketClaims } from "./memory_claims.ts";
import { MemoryRevocations } from "./memory_revocations.ts";
import { MemoryTicketStates } from "./memory_ticket_states.ts";

/**
 * A store in memory: closing it forgets all.
 *
 * @param limit most entries of each kind; default: a million
 * @param monotonicMs milliseconds on a clock that never steps back
 */
export function memoryStore(
  wallClock: EpochSeconds = systemEpochSeconds,
  limit?: number,
  monotonicMs?: () => number,
): DisposableStore {
  const now = steady(wallClock, monotonicMs);
  const claims = new MemoryTicketClaims(now, limit);
  const ticketStates = new MemoryTicketStates(now, limit);
  const revocations = new MemoryRevocations(now, limit);
  return {
    name: "memory",
    claims,
    ticketStates,
    revocations,
    get namesGivenUp() {
      return claims.namesGivenUp + revocations.namesGivenUp;
    },
    close() {
      ticketStates.clear();
      return Promise.resolve();
    },
    [Symbol.asyncDispose]() {
      return this.close();
    },
  };
}
