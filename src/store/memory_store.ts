/**
 * All that a gateway keeps, in memory: the default. A restart forgets it.
 *
 * @module
 */
import { type EpochSeconds, type GatewayStore, systemEpochSeconds } from "./gateway_store.ts";
import { MemoryTicketClaims } from "./memory_claims.ts";
import { MemoryRevocations } from "./memory_revocations.ts";
import { MemoryTicketStates } from "./memory_ticket_states.ts";

/** @param limit most entries of each kind; default: a million */
export function memoryStore(now: EpochSeconds = systemEpochSeconds, limit?: number): GatewayStore {
  const ticketStates = new MemoryTicketStates(now, limit);
  return {
    name: "memory",
    claims: new MemoryTicketClaims(now, limit),
    ticketStates,
    revocations: new MemoryRevocations(now, limit),
    close() {
      ticketStates.clear();
      return Promise.resolve();
    },
  };
}
