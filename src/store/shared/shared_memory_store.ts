/**
 * A gateway's store in memory that its workers share. Which tickets were used or revoked they look up themselves, and they claim tickets
 * themselves; the main thread is asked when the list needs room, to revoke, and about the states of tickets by reference.
 *
 * @module
 */
import { randomInt } from "node:crypto";
import type { ClaimRequest } from "../../ike/steps/step.ts";
import type { TicketClaims } from "../../ike/steps/wave.ts";
import type { Revocation, RevocationStore } from "../../ticket/revocation_store.ts";
import type { TicketName } from "../../ticket/ticket_name.ts";
import { MOST_ENTRIES } from "../expiring_map.ts";
import { CLOCK_MARGIN_SECONDS, type EpochSeconds, type GatewayStore, steady, systemEpochSeconds } from "../gateway_store.ts";
import { MemoryTicketStates } from "../memory_ticket_states.ts";
import { isRevoked, revoke } from "../revoked_tickets.ts";
import { StoreError } from "../store_error.ts";
import { isClaimed } from "../used_tickets.ts";
import { KeptList } from "./kept_list.ts";
import { newRowMemory } from "./shared_rows.ts";

const MOST_SEED = 2 ** 31;

/** What goes to each worker: see `direct_store.ts`. */
export interface SharedTicketMemory {
  readonly claims: SharedArrayBuffer;
  readonly revocations: SharedArrayBuffer;
}

export interface SharedMemoryStore extends GatewayStore {
  readonly memory: SharedTicketMemory;
  /** A worker has died, perhaps in the midst of a look. */
  left(worker: number): void;
}

/**
 * The main thread's side.
 *
 * @param limit most entries of each kind; default: a million
 * @param monotonicMs milliseconds on a clock that never steps back
 */
export function sharedMemoryStore(
  wallClock: EpochSeconds = systemEpochSeconds,
  limit: number = MOST_ENTRIES,
  monotonicMs?: () => number,
): SharedMemoryStore {
  const now = steady(wallClock, monotonicMs);
  const memory = { claims: newRowMemory(limit, randomInt(MOST_SEED)), revocations: newRowMemory(limit, randomInt(MOST_SEED)) };
  const claims = new KeptList(memory.claims, now);
  const revocations = new KeptList(memory.revocations, now);
  const ticketStates = new MemoryTicketStates(now, limit);
  return {
    name: "memory",
    memory,
    claims: claimsOf(claims),
    ticketStates,
    revocations: revocationsOf(revocations),
    get namesGivenUp() {
      return claims.list.namesGivenUp + revocations.list.namesGivenUp;
    },
    left(worker) {
      claims.left(worker);
      revocations.left(worker);
    },
    close() {
      ticketStates.clear();
      return Promise.resolve();
    },
  };
}

function claimsOf(kept: KeptList): TicketClaims {
  return {
    claim: (batch: readonly ClaimRequest[]) =>
      kept.alone((list) =>
        batch.map((request) => {
          const { ticketId, owner, issuedAtEpochSeconds, expiresAtEpochSeconds } = request;
          if (isClaimed(list, request)) return false;
          return list.set(ticketId, { below: undefined, owner, issuedAtEpochSeconds }, expiresAtEpochSeconds);
        })
      ),
    isClaimed: (batch) => batch.map((request) => isClaimed(kept.list, request)),
  };
}

function revocationsOf(kept: KeptList): RevocationStore {
  const add = (batch: readonly Revocation[]) =>
    kept.alone((list) => {
      for (const revocation of batch) {
        if (revoke(list, revocation, revocation.expiresAtEpochSeconds + CLOCK_MARGIN_SECONDS)) continue;
        // What is not in the list may be owed to it (`GuardedStore`), and no worker knows of that.
        kept.shut();
        throw new StoreError("full", `memory: ${list.size} revoked tickets, no room for more`);
      }
    });
  return { add, has: (batch: readonly TicketName[]) => batch.map((name) => isRevoked(kept.list, name)) };
}
