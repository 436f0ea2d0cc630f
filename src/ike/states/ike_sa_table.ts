/**
 * All IKE SAs of a responder, each under this end's SPI: which are half-open, which are up, when each is due, and which one
 * took the place of which.
 *
 * @module
 */
import type { SpiPair } from "../ike_sa/spi.ts";
import { SpiMap } from "../ike_sa/spi_map.ts";
import { type Timed, TimerHeap } from "../queues/timer_heap.ts";
import { dueOf, type Established, ownSpiOf } from "./established.ts";
import { IdentityIndex } from "./identity_index.ts";
import type { ResponderState } from "./responder_state.ts";

/** One IKE SA. There may be a million: what is added here is added that often. */
class Entry implements Timed {
  state: ResponderState;
  /** Half-open IKE SAs have none here. A later deadline, as each message sets one, is put in when the old one is reached. */
  armedFor = Infinity;
  heapPosition = -1;
  /** `identityKey` of the identity that its client has proven; only while it counts as one of that identity's. */
  identityKey: string | undefined;

  constructor(state: ResponderState) {
    this.state = state;
  }
}

export class IkeSaTable {
  readonly #entries = new SpiMap<Entry>();
  readonly #deadlines = new TimerHeap<Entry>();
  readonly #identities = new IdentityIndex();
  /** For an IKE SA that was made by rekeying, the one whose place it took. */
  readonly #predecessorOf = new Map<bigint, bigint>();
  #upCount = 0;
  #retiredCount = 0;

  /** IKE SAs whose client has not proven itself yet. */
  get halfOpenCount(): number {
    return this.#entries.size - this.#upCount - this.#retiredCount;
  }

  /** IKE SAs that are up. */
  get upCount(): number {
    return this.#upCount;
  }

  /** IKE SAs that are no longer up, and wait for their DELETE. */
  get retiredCount(): number {
    return this.#retiredCount;
  }

  /** IKE SAs by identity: those that are up, and those that are about to be. */
  get identities(): Pick<IdentityIndex, "count" | "of"> {
    return this.#identities;
  }

  /** The identity under which an IKE SA counts. */
  keyOf(ownSpi: bigint): string | undefined {
    return this.#entries.get(ownSpi)?.identityKey;
  }

  /** Counts an IKE SA under the identity that its client has proven. */
  list(ownSpi: bigint, identityKey: string): void {
    const entry = this.#entries.get(ownSpi);
    if (entry === undefined) return;
    this.#unlist(ownSpi, entry);
    entry.identityKey = identityKey;
    this.#identities.add(identityKey, ownSpi);
  }

  /** No longer counts an IKE SA under its identity. */
  unlist(ownSpi: bigint): void {
    const entry = this.#entries.get(ownSpi);
    if (entry) this.#unlist(ownSpi, entry);
  }

  /** When to call {@link IkeSaTable.takeDue}, in monotonic milliseconds; `undefined` while nothing waits. */
  get nextDueMs(): number | undefined {
    return this.#deadlines.earliest;
  }

  /**
   * Takes out the IKE SA with the earliest deadline, if that is not after `nowMs`. It has none until {@link IkeSaTable.keep} or
   * {@link IkeSaTable.putOff} gives it one. "moved": its deadline was out of date, and has been set anew.
   */
  takeDue(nowMs: number): Established | "moved" | undefined {
    const entry = this.#deadlines.takeDue(nowMs);
    if (entry === undefined) return undefined;
    if (entry.state.waitsFor !== "requests") return "moved";
    const due = dueOf(entry.state);
    if (due !== undefined && due <= nowMs) return entry.state;
    if (due !== undefined) this.#deadlines.arm(entry, due);
    return "moved";
  }

  /** Sets the deadline of an IKE SA that was taken out, whatever is due; `Infinity`: none. */
  putOff(ownSpi: bigint, untilMs: number): void {
    const entry = this.#entries.get(ownSpi);
    if (entry === undefined) return;
    if (untilMs === Infinity) this.#deadlines.disarm(entry);
    else this.#deadlines.arm(entry, untilMs);
  }

  *entries(): Iterable<[bigint, ResponderState]> {
    for (const [ownSpi, { state }] of this.#entries.entries()) yield [ownSpi, state];
  }

  get(ownSpi: bigint): ResponderState | undefined {
    return this.#entries.get(ownSpi)?.state;
  }

  established(ownSpi: bigint): Established | undefined {
    const state = this.get(ownSpi);
    return state?.waitsFor === "requests" ? state : undefined;
  }

  /** The established IKE SA of a pair of SPIs, whichever of the two is this end's. */
  find(spis: SpiPair): Established | undefined {
    return this.#under(spis.responderSpi, spis) ?? this.#under(spis.initiatorSpi, spis);
  }

  #under(ownSpi: bigint, { initiatorSpi, responderSpi }: SpiPair): Established | undefined {
    const state = this.established(ownSpi);
    return state?.spis.initiatorSpi === initiatorSpi && state.spis.responderSpi === responderSpi ? state : undefined;
  }

  /** Sets the state of a half-open IKE SA. */
  set(ownSpi: bigint, state: Exclude<ResponderState, Established>): void {
    const entry = this.#entries.get(ownSpi);
    if (entry === undefined) this.#entries.set(ownSpi, new Entry(state));
    else entry.state = state;
    if (state.waitsFor === "repeated request") this.unlist(ownSpi);
  }

  /** Forgets a half-open IKE SA. */
  deleteHalfOpen(ownSpi: bigint): void {
    this.unlist(ownSpi);
    this.#entries.delete(ownSpi);
  }

  /** Sets the next state of an IKE SA that is up, or has just come up. */
  keep(state: Established): void {
    const ownSpi = ownSpiOf(state);
    let entry = this.#entries.get(ownSpi);
    if (entry === undefined) {
      entry = new Entry(state);
      this.#entries.set(ownSpi, entry);
      this.#count(state, 1);
    } else {
      if (entry.state.waitsFor === "requests") this.#count(entry.state, -1);
      this.#count(state, 1);
      entry.state = state;
    }
    if (state.retiredUntilMs !== undefined) this.#unlist(ownSpi, entry);
    const due = dueOf(state);
    if (due !== undefined && due < entry.armedFor) this.#deadlines.arm(entry, due);
  }

  /** Forgets an IKE SA that was up. */
  remove(gone: Established): void {
    const ownSpi = ownSpiOf(gone);
    const entry = this.#entries.get(ownSpi);
    if (entry === undefined) return;
    if (entry.state.waitsFor === "requests") this.#count(entry.state, -1);
    this.#deadlines.disarm(entry);
    this.#unlist(ownSpi, entry);
    this.#entries.delete(ownSpi);
    this.#predecessorOf.delete(ownSpi);
  }

  /** An IKE SA has taken the place of another, which is still here. */
  succeed(before: Established, successor: Established): void {
    const key = this.keyOf(ownSpiOf(before));
    this.unlist(ownSpiOf(before));
    if (key !== undefined) this.list(ownSpiOf(successor), key);
    this.#predecessorOf.set(ownSpiOf(successor), ownSpiOf(before));
  }

  /** The IKE SA whose place this one took, if it is still there. It can be taken only once. */
  takePredecessor(ownSpi: bigint): Established | undefined {
    const state = this.established(this.#predecessorOf.get(ownSpi) ?? 0n);
    this.#predecessorOf.delete(ownSpi);
    return state;
  }

  clear(): void {
    this.#entries.clear();
    this.#deadlines.clear();
    this.#identities.clear();
    this.#predecessorOf.clear();
    this.#upCount = 0;
    this.#retiredCount = 0;
  }

  #unlist(ownSpi: bigint, entry: Entry): void {
    if (entry.identityKey === undefined) return;
    this.#identities.delete(entry.identityKey, ownSpi);
    entry.identityKey = undefined;
  }

  #count({ retiredUntilMs }: Established, change: 1 | -1): void {
    if (retiredUntilMs === undefined) this.#upCount += change;
    else this.#retiredCount += change;
  }
}
