/**
 * A list of tickets that workers share, as the main thread has it: whatever only one may do at a time is done here, while no worker is at the list.
 *
 * @module
 */
import type { EpochSeconds } from "../gateway_store.ts";
import { TicketList } from "../ticket_list.ts";
import { RowKeeper } from "./row_keeper.ts";
import { SharedRows } from "./shared_rows.ts";

/** How often it is looked whether coarser rules are still of use. */
const RULES_LOOK_SECONDS = 1;

export class KeptList {
  readonly #rows: SharedRows;
  readonly #list: TicketList;
  readonly #now: EpochSeconds;
  #isShut = false;
  #rulesLookedAt = -Infinity;

  constructor(memory: SharedArrayBuffer, now: EpochSeconds) {
    this.#rows = new SharedRows(memory);
    this.#now = now;
    this.#list = new TicketList(now, this.#rows.limit, new RowKeeper(this.#rows, now));
    this.#rows.gate.open();
  }

  /** To be read whenever: workers only add. Not its size: to count rows is to put numbers right that workers change. */
  get list(): Pick<TicketList, "get" | "covers" | "namesGivenUp" | "sweptAtEpochSeconds"> {
    return this.#list;
  }

  /**
   * Does something while no worker is at the list: at once, or as soon as the last of them has left it. Workers ask the main thread meanwhile. What it
   * throws is thrown, or rejected with.
   */
  alone<T>(act: (list: TicketList) => T): T | Promise<T> {
    const { gate } = this.#rows;
    gate.close();
    return gate.isEmpty ? this.#act(act) : this.#whenEmpty(act);
  }

  /** From now on workers ask the main thread, whatever they want to know: it knows more than the list does. */
  shut(): void {
    this.#isShut = true;
    this.#rows.gate.close();
  }

  /** A worker has died: if it was at the list, it has left it. */
  left(worker: number): void {
    this.#rows.gate.leave(worker);
  }

  async #whenEmpty<T>(act: (list: TicketList) => T): Promise<T> {
    const { gate } = this.#rows;
    do {
      // A worker is inside for microseconds, unless its thread has lost its core.
      await new Promise((resolve) => setTimeout(resolve, 0));
      // Another that waited may have been alone meanwhile, and opened it again.
      gate.close();
    } while (!gate.isEmpty);
    return this.#act(act);
  }

  #act<T>(act: (list: TicketList) => T): T {
    try {
      return act(this.#list);
    } finally {
      this.#forgetRules();
      // Coarser rules are this thread's: a worker would not know of them.
      if (!this.#isShut && !this.#list.hasRules) this.#rows.gate.open();
    }
  }

  #forgetRules(): void {
    const now = this.#now();
    if (!this.#list.hasRules || Math.abs(now - this.#rulesLookedAt) < RULES_LOOK_SECONDS) return;
    this.#rulesLookedAt = now;
    this.#list.forgetOldRules();
  }
}
