/**
 * Stores in memory that answer later, as those over a network do, and tell how often a wave had to wait for them.
 *
 * @module
 */
import { MemoryTicketStates } from "../../src/store/memory_ticket_states.ts";
import type { StoredTicket, TicketStateStore } from "../../src/ticket/ticket_state_store.ts";

export interface StoreCall {
  readonly operation: "put" | "get" | "delete";
  readonly size: number;
}

/** Calls that are made before the first of them is answered share a round trip. */
export class CountingTicketStates implements TicketStateStore {
  readonly states: MemoryTicketStates;
  readonly calls: StoreCall[] = [];
  /** Operations that fail from now on. */
  readonly failing: Set<StoreCall["operation"]> = new Set();
  roundTrips = 0;
  #underWay: Promise<void> | undefined;

  constructor(now: () => number) {
    this.states = new MemoryTicketStates(now);
  }

  put(batch: readonly StoredTicket[]): Promise<readonly boolean[]> {
    return this.#call("put", batch, () => this.states.put(batch));
  }

  get(batch: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    return this.#call("get", batch, () => this.states.get(batch));
  }

  delete(batch: readonly string[]): Promise<readonly boolean[]> {
    return this.#call("delete", batch, () => this.states.delete(batch));
  }

  reset(): void {
    this.calls.length = 0;
    this.roundTrips = 0;
  }

  async #call<T>(operation: StoreCall["operation"], { length }: readonly unknown[], answer: () => T): Promise<T> {
    this.calls.push({ operation, size: length });
    if (this.#underWay === undefined) {
      this.roundTrips++;
      this.#underWay = new Promise<void>((resolve) => setTimeout(resolve, 1)).then(() => {
        this.#underWay = undefined;
      });
    }
    await this.#underWay;
    if (this.failing.has(operation)) throw new Error(`the store fails to ${operation}`);
    return answer();
  }
}
