/**
 * All IKE SAs of a responder, each under this end's SPI: who is half-open, who is up, whom time has something to do with, and which one took the
 * place of which.
 *
 * @module
 */
import type { SpiPair } from "../effect.ts";
import { dueOf, type Established, ownSpiOf } from "../established/state.ts";
import type { ResponderState } from "./state.ts";

export class IkeSaTable {
  readonly #states = new Map<bigint, ResponderState>();
  /** Established IKE SAs that time has something to do with, a request of this end's as a rule. */
  readonly #waiting = new Set<bigint>();
  /** Of an IKE SA that was made by rekeying, the one whose place it took. */
  readonly #predecessorOf = new Map<bigint, bigint>();
  #establishedCount = 0;

  /** IKE SAs whose client has not proven itself yet. */
  get halfOpenCount(): number {
    return this.#states.size - this.#establishedCount;
  }

  /** IKE SAs that are up. */
  get establishedCount(): number {
    return this.#establishedCount;
  }

  /** When the first of the established ones is due, in monotonic milliseconds; `undefined` while nothing waits. */
  get nextDueMs(): number | undefined {
    let earliest: number | undefined;
    for (const ownSpi of this.#waiting) {
      const state = this.established(ownSpi);
      const due = state && dueOf(state);
      if (due !== undefined && (earliest === undefined || due < earliest)) earliest = due;
    }
    return earliest;
  }

  /** Those that time has something to do with now. One may be gone when its turn comes. */
  get waitingSpis(): readonly bigint[] {
    return [...this.#waiting];
  }

  entries(): Iterable<[bigint, ResponderState]> {
    return this.#states.entries();
  }

  get(ownSpi: bigint): ResponderState | undefined {
    return this.#states.get(ownSpi);
  }

  established(ownSpi: bigint): Established | undefined {
    const state = this.#states.get(ownSpi);
    return state?.waitsFor === "requests" ? state : undefined;
  }

  /** The established IKE SA of a pair of SPIs, whichever of the two is this end's. */
  find({ initiatorSpi, responderSpi }: SpiPair): Established | undefined {
    for (const ownSpi of [responderSpi, initiatorSpi]) {
      const state = this.established(ownSpi);
      if (state && state.spis.initiatorSpi === initiatorSpi && state.spis.responderSpi === responderSpi) return state;
    }
    return undefined;
  }

  /** The state of one that is half-open, or has just been. {@link countEstablished} says that its client has proven itself. */
  set(ownSpi: bigint, state: ResponderState): void {
    this.#states.set(ownSpi, state);
  }

  countEstablished(): void {
    this.#establishedCount++;
  }

  /** Forgets one that is half-open. */
  deleteHalfOpen(ownSpi: bigint): void {
    this.#states.delete(ownSpi);
  }

  /** The next state of one that is up. */
  keep(state: Established): void {
    const ownSpi = ownSpiOf(state);
    this.#states.set(ownSpi, state);
    if (dueOf(state) === undefined) this.#waiting.delete(ownSpi);
    else this.#waiting.add(ownSpi);
  }

  /** Forgets one that was up. */
  remove(gone: Established): void {
    const ownSpi = ownSpiOf(gone);
    this.#states.delete(ownSpi);
    this.#waiting.delete(ownSpi);
    this.#predecessorOf.delete(ownSpi);
    this.#establishedCount--;
  }

  succeed(before: Established, successor: Established): void {
    this.#predecessorOf.set(ownSpiOf(successor), ownSpiOf(before));
  }

  /** The one whose place this one took, if it is still there; it is not asked for again. */
  takePredecessor(ownSpi: bigint): Established | undefined {
    const state = this.established(this.#predecessorOf.get(ownSpi) ?? 0n);
    this.#predecessorOf.delete(ownSpi);
    return state;
  }

  clear(): void {
    this.#states.clear();
    this.#waiting.clear();
    this.#predecessorOf.clear();
    this.#establishedCount = 0;
  }
}
