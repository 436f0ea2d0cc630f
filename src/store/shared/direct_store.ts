/**
 * The store that workers share in memory, as one worker has it: it looks up and claims tickets itself, and asks the main thread where it is not let
 * in, or cannot do it alone.
 *
 * @module
 */
import type { ClaimRequest } from "../../ike/steps/step.ts";
import type { TicketClaims } from "../../ike/steps/wave.ts";
import type { RevocationStore } from "../../ticket/revocation_store.ts";
import type { TicketName } from "../../ticket/ticket_name.ts";
import type { GatewayStore } from "../gateway_store.ts";
import type { SharedTicketMemory } from "./shared_memory_store.ts";
import { Field, SharedRows } from "./shared_rows.ts";

/** @param mainThread asks the main thread, whatever it is asked. @param worker from 0 to 63: no two threads have the same at a time. */
export function directStore(
  memory: Partial<SharedTicketMemory>,
  worker: number,
  mainThread: GatewayStore,
): GatewayStore {
  const { claims, revocations } = memory;
  return {
    name: mainThread.name,
    ticketStates: mainThread.ticketStates,
    // Names give way in the main thread alone.
    get namesGivenUp() {
      return mainThread.namesGivenUp;
    },
    close: () => mainThread.close(),
    claims: claims ? new DirectClaims(new SharedRows(claims), worker, mainThread.claims) : mainThread.claims,
    revocations: revocations
      ? directRevocations(new SharedRows(revocations), worker, mainThread.revocations)
      : mainThread.revocations,
  };
}

class DirectClaims implements TicketClaims {
  readonly #rows: SharedRows;
  readonly #worker: number;
  readonly #mainThread: TicketClaims;

  constructor(rows: SharedRows, worker: number, mainThread: TicketClaims) {
    this.#rows = rows;
    this.#worker = worker;
    this.#mainThread = mainThread;
  }

  claim(batch: readonly ClaimRequest[]): ReturnType<TicketClaims["claim"]> {
    const { gate } = this.#rows;
    if (!gate.enter(this.#worker)) return this.#mainThread.claim(batch);
    const claimed: (boolean | undefined)[] = [];
    let isFull = false;
    try {
      while (claimed.length < batch.length && !isFull) {
        const answer = this.#claim(batch[claimed.length]);
        if (answer === undefined) isFull = true;
        else claimed.push(answer);
      }
    } finally {
      gate.leave(this.#worker);
    }
    // The rest in its order: of two equal members the first wins.
    return isFull ? this.#claimRest(claimed, batch.slice(claimed.length)) : claimed;
  }

  isClaimed(batch: readonly ClaimRequest[]): ReturnType<TicketClaims["isClaimed"]> {
    const { gate } = this.#rows;
    if (!gate.enter(this.#worker)) return this.#mainThread.isClaimed(batch);
    try {
      return batch.map(({ ticketId, expiresAtEpochSeconds }) =>
        expiresAtEpochSeconds < this.#rows.sweptAtEpochSeconds || this.#rows.find(ticketId) !== 0
      );
    } finally {
      gate.leave(this.#worker);
    }
  }

  /** `undefined`: the main thread has to make room. */
  #claim({ ticketId, owner, issuedAtEpochSeconds, expiresAtEpochSeconds }: ClaimRequest): boolean | undefined {
    if (expiresAtEpochSeconds < this.#rows.sweptAtEpochSeconds) return false;
    const insertion = this.#rows.insert(ticketId, { below: undefined, owner, issuedAtEpochSeconds }, expiresAtEpochSeconds);
    return insertion === "full" ? undefined : insertion === "inserted";
  }

  async #claimRest(
    claimed: readonly (boolean | undefined)[],
    rest: readonly ClaimRequest[],
  ): Promise<readonly (boolean | undefined)[]> {
    // What this thread has claimed is claimed, whatever comes of the rest.
    const later = await Promise.resolve(this.#mainThread.claim(rest)).catch(() => rest.map(() => undefined));
    return [...claimed, ...later];
  }
}

function directRevocations(rows: SharedRows, worker: number, mainThread: RevocationStore): RevocationStore {
  const isRevoked = ({ ticketId, series, serial }: TicketName): boolean => {
    if (rows.find(ticketId) !== 0) return true;
    const ofSeries = series === undefined || serial === undefined ? 0 : rows.find(series);
    const below = ofSeries === 0 ? undefined : rows.number(ofSeries, Field.BELOW);
    return below !== undefined && serial !== undefined && serial < below;
  };
  return {
    add: (batch) => mainThread.add(batch),
    has: (batch) => {
      if (!rows.gate.enter(worker)) return mainThread.has(batch);
      try {
        return batch.map(isRevoked);
      } finally {
        rows.gate.leave(worker);
      }
    },
  };
}
