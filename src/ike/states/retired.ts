/**
 * IKE SAs whose place the current one has taken, until they are deleted.
 *
 * @module
 */
import type { Header } from "../../wire/header.ts";
import { dueOf, type Established, isOf, ownSpiOf, type Transition, wipeEstablished } from "./established.ts";

/** Two for the rekeying under way, and as many for one before it whose DELETE is late. */
const MAXIMUM_RETIRED = 4;

export class RetiredIkeSas {
  #retired: readonly Established[] = [];

  get all(): readonly Established[] {
    return this.#retired;
  }

  get ownSpis(): readonly bigint[] {
    return this.#retired.map(ownSpiOf);
  }

  /** When the first of them is due, in monotonic milliseconds; `Infinity`: none. */
  get dueMs(): number {
    return Math.min(...this.#retired.map((retired) => dueOf(retired) ?? Infinity));
  }

  find(header: Header): Established | undefined {
    return this.#retired.find((sa) => isOf(sa, header));
  }

  /** Keeps an IKE SA whose place another took. If a gateway rekeys without end and deletes nothing, the latest few are kept. */
  add({ next, successor, redundant }: Transition): void {
    if (successor === undefined) return;
    const retired = [...this.#retired, ...(next ? [next] : []), ...(redundant ? [redundant] : [])];
    const forgotten = Math.max(0, retired.length - MAXIMUM_RETIRED);
    retired.slice(0, forgotten).forEach(wipeEstablished);
    this.#retired = retired.slice(forgotten);
  }

  /** The next state of one of them; `undefined`: it is gone. */
  replace(before: Established, next: Established | undefined): void {
    this.#retired = this.#retired.flatMap((retired) => retired === before ? (next ? [next] : []) : [retired]);
  }

  wipe(): void {
    this.#retired.forEach(wipeEstablished);
    this.#retired = [];
  }
}
