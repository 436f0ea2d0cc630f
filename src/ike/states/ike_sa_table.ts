/**
 * All IKE SAs of a responder, each under this end's SPI: which are half-open, which are up, when each is due, and which one
 * took the place of which.
 *
 * @module
 */
import type { IssuedTicket } from "../../ticket/issued_ticket.ts";
import { type IdentityNumbers, NOBODY } from "../child_sa/identity_numbers.ts";
import type { SpiPair } from "../ike_sa/spi.ts";
import { SpiMap } from "../ike_sa/spi_map.ts";
import { TimerWheel } from "../queues/timer_wheel.ts";
import { dueOf, type Established, ownSpiOf, wipeEstablished } from "./established.ts";
import {
  dueBesideSilenceOfEntry,
  dueOfEntry,
  followsRedirects,
  hasSpis,
  IkeSaEntry,
  isHalfOpen,
  keepTicket,
  ownSpiOfEntry,
  silentUntilOfEntry,
  takeTicket,
} from "./ike_sa_entry.ts";
import { IdentityIndex } from "./identity_index.ts";
import { IdleIkeSa } from "./idle/idle_ike_sa.ts";
import { IdleIkeSas } from "./idle/idle_ike_sas.ts";
import type { HalfOpenState } from "./responder_state.ts";

export class IkeSaTable {
  readonly #entries = new SpiMap<IkeSaEntry>();
  readonly #deadlines = new TimerWheel<IkeSaEntry>();
  readonly #identities: IdentityIndex;
  readonly #idle: IdleIkeSas;
  /** For an IKE SA that was made by rekeying, the one whose place it took. */
  readonly #predecessorOf = new Map<bigint, bigint>();
  #upCount = 0;
  #retiredCount = 0;

  /** @param keysAreTold listeners are given keys of IKE SAs, and may read them as long as those are there. */
  constructor(numbers: IdentityNumbers, keysAreTold: boolean) {
    this.#identities = new IdentityIndex(numbers);
    this.#idle = new IdleIkeSas(!keysAreTold);
  }

  /** IKE SAs whose client has not proven itself yet. */
  get halfOpenCount(): number {
    return this.#entries.size - this.#upCount - this.#retiredCount;
  }

  get upCount(): number {
    return this.#upCount;
  }

  get retiredCount(): number {
    return this.#retiredCount;
  }

  /** IKE SAs by identity: those that are up, and those that are about to be. */
  get identities(): Pick<IdentityIndex, "count" | "of" | "all"> {
    return this.#identities;
  }

  /** Whether an IKE SA counts under an identity: under this one, where one is given. */
  isListed(ownSpi: bigint, identityKey?: string): boolean {
    const { identity = NOBODY } = this.#entries.get(ownSpi) ?? {};
    return identity !== NOBODY && (identityKey === undefined || this.#identities.is(identity, identityKey));
  }

  /** Counts an IKE SA under the identity that its client has proven. */
  list(ownSpi: bigint, identityKey: string): void {
    const entry = this.#entries.get(ownSpi);
    if (entry === undefined) return;
    this.#unlist(ownSpi, entry);
    entry.identity = this.#identities.add(identityKey, ownSpi);
  }

  unlist(ownSpi: bigint): void {
    const entry = this.#entries.get(ownSpi);
    if (entry) this.#unlist(ownSpi, entry);
  }

  /** When to call {@link takeDue}, in monotonic milliseconds; `undefined` while nothing waits. */
  get nextDueMs(): number | undefined {
    return this.#deadlines.earliest;
  }

  /**
   * Takes out the IKE SA with the earliest deadline, if that is not after `nowMs`. It has none until {@link keep} or {@link putOff} gives it one. A
   * bigint, this end's SPI: only that its peer is silent is due; nobody is woken for that, because a million may be silent at once. "moved": its
   * deadline was out of date, and has been set anew, or others had to be moved first.
   */
  takeDue(nowMs: number): Established | bigint | "moved" | undefined {
    const entry = this.#deadlines.takeDue(nowMs);
    if (entry === undefined) return this.#deadlines.isTurning ? "moved" : undefined;
    const [due, besideSilence] = [dueOfEntry(entry), dueBesideSilenceOfEntry(entry)];
    if (besideSilence <= nowMs) return this.#established(entry) ?? "moved";
    const next = due <= nowMs ? besideSilence : due;
    if (next !== Infinity) this.#deadlines.arm(entry, next);
    return due <= nowMs && !isHalfOpen(entry.state) ? ownSpiOfEntry(entry.state, entry.state.spis) : "moved";
  }

  /** Sets the deadline of an IKE SA that was taken out, whatever is due; `Infinity`: none. */
  putOff(ownSpi: bigint, untilMs: number): void {
    const entry = this.#entries.get(ownSpi);
    if (entry === undefined) return;
    if (untilMs === Infinity) this.#deadlines.disarm(entry);
    else this.#deadlines.arm(entry, untilMs);
  }

  *halfOpen(): Iterable<[bigint, HalfOpenState]> {
    for (const [ownSpi, { state }] of this.#entries.entries()) if (isHalfOpen(state)) yield [ownSpi, state];
  }

  /** For who looks at them, and wakes and changes none. */
  get entries(): Pick<SpiMap<IkeSaEntry>, "get" | "spis"> {
    return this.#entries;
  }

  /** What is known of an IKE SA without a look into it. No one is woken. */
  standingOf(ownSpi: bigint): HalfOpenState | "established" | undefined {
    const state = this.#entries.get(ownSpi)?.state;
    return state === undefined || isHalfOpen(state) ? state : "established";
  }

  /** Whether an IKE SA is established, and up. */
  isUp(ownSpi: bigint): boolean {
    const state = this.#entries.get(ownSpi)?.state;
    return state instanceof IdleIkeSa || state?.waitsFor === "requests" && state.retiredUntilMs === undefined;
  }

  /** Whether the client of an IKE SA follows to another gateway, as it said itself. No one is woken. */
  followsRedirects(ownSpi: bigint): boolean {
    return followsRedirects(this.#entries.get(ownSpi)?.state);
  }

  established(ownSpi: bigint): Established | undefined {
    const entry = this.#entries.get(ownSpi);
    return entry && this.#established(entry);
  }

  /** The established IKE SA of a pair of SPIs, whichever of the two is this end's. */
  find(spis: SpiPair): Established | undefined {
    const entry = this.#entryOf(spis);
    return entry && this.#established(entry);
  }

  /** This end's SPI of the established IKE SA of a pair of SPIs. */
  ownSpiOf(spis: SpiPair): bigint | undefined {
    const entry = this.#entryOf(spis);
    return entry && ownSpiOfEntry(entry.state, spis);
  }

  /** Monotonic milliseconds: when the peer of an IKE SA last said something; `undefined`: it is not established. */
  heardAtMs(ownSpi: bigint): number | undefined {
    const { state } = this.#entries.get(ownSpi) ?? {};
    return state === undefined || isHalfOpen(state) ? undefined : state.heardAtMs;
  }

  /** Until when the peer of an established IKE SA may be silent, in monotonic milliseconds; `undefined`: it is not established. */
  silentUntilMs(ownSpi: bigint): number | undefined {
    const entry = this.#entries.get(ownSpi);
    return entry && silentUntilOfEntry(entry);
  }

  /** The peer of an established IKE SA has said something authentic by another way. Its deadline may have been taken out because it was silent. */
  hear(spis: SpiPair, nowMs: number): void {
    const entry = this.#entryOf(spis);
    if (entry === undefined || isHalfOpen(entry.state)) return;
    if (!(entry.state instanceof IdleIkeSa)) return this.keep({ ...entry.state, heardAtMs: nowMs });
    entry.state.heardAtMs = nowMs;
    if (entry.state.dueMs < entry.armedFor) this.#deadlines.arm(entry, entry.state.dueMs);
  }

  /** Keeps the latest ticket of an established IKE SA, with it, and gives the one before. "no such IKE SA": there is none of these SPIs. */
  replaceTicket(spis: SpiPair, ticket: IssuedTicket): IssuedTicket | undefined | "no such IKE SA" {
    const entry = this.#entryOf(spis);
    if (entry === undefined) return "no such IKE SA";
    const before = takeTicket(entry);
    keepTicket(entry, ticket);
    return before;
  }

  takeTicket(spis: SpiPair): IssuedTicket | undefined {
    const entry = this.#entryOf(spis);
    return entry && takeTicket(entry);
  }

  #entryOf(spis: SpiPair): IkeSaEntry | undefined {
    return this.#under(spis.responderSpi, spis) ?? this.#under(spis.initiatorSpi, spis);
  }

  #under(ownSpi: bigint, spis: SpiPair): IkeSaEntry | undefined {
    const entry = this.#entries.get(ownSpi);
    return entry && hasSpis(entry.state, spis) ? entry : undefined;
  }

  /** What the steps know of an established IKE SA: from now on it is not idle. */
  #established(entry: IkeSaEntry): Established | undefined {
    const { state } = entry;
    if (state instanceof IdleIkeSa) {
      entry.ticket = takeTicket(entry);
      return entry.state = this.#idle.wake(state);
    }
    return state.waitsFor === "requests" ? state : undefined;
  }

  /** Sets the state of a half-open IKE SA. */
  set(ownSpi: bigint, state: HalfOpenState): void {
    const entry = this.#entries.get(ownSpi);
    if (entry) entry.state = state;
    else this.#entries.set(ownSpi, new IkeSaEntry(state));
    if (state.waitsFor === "repeated request") this.unlist(ownSpi);
  }

  /** Forgets a half-open IKE SA. */
  deleteHalfOpen(ownSpi: bigint): void {
    this.unlist(ownSpi);
    this.#entries.delete(ownSpi);
  }

  /**
   * Sets the next state of an IKE SA that is up, or has just come up. The state is the table's from now on: if nothing is under way on it, it is wiped,
   * and whoever asks gets another one that is equal.
   */
  keep(state: Established): void {
    const ownSpi = ownSpiOf(state);
    const due = dueOf(state);
    const isRetired = state.retiredUntilMs !== undefined;
    const kept = this.#idle.lay(state) ?? state;
    let entry = this.#entries.get(ownSpi);
    if (entry) this.#count(entry.state, -1);
    else this.#entries.set(ownSpi, entry = new IkeSaEntry(kept));
    entry.state = kept;
    if (entry.ticket) keepTicket(entry, entry.ticket);
    this.#count(kept, 1);
    if (isRetired) this.#unlist(ownSpi, entry);
    if (due !== undefined && due < entry.armedFor) this.#deadlines.arm(entry, due);
  }

  /** Wipes all secrets of an IKE SA that was up, and forgets it. */
  discard(ownSpi: bigint): void {
    const entry = this.#entries.get(ownSpi);
    if (entry && !isHalfOpen(entry.state) && !(entry.state instanceof IdleIkeSa)) wipeEstablished(entry.state);
    this.remove(ownSpi);
  }

  /** Forgets an IKE SA that was up. What another inherits of it stays as it is; all else its step has wiped. */
  remove(ownSpi: bigint): void {
    const entry = this.#entries.take(ownSpi);
    if (entry === undefined) return;
    this.#count(entry.state, -1);
    this.#deadlines.disarm(entry);
    this.#unlist(ownSpi, entry);
    if (this.#predecessorOf.size > 0) this.#predecessorOf.delete(ownSpi);
    if (entry.state instanceof IdleIkeSa) this.#idle.forget(entry.state);
  }

  /** An IKE SA has taken the place of another, which is still here. */
  succeed(before: Established, successor: Established): void {
    const [from, to] = [ownSpiOf(before), ownSpiOf(successor)];
    const [listed, entry] = [this.#entries.get(from), this.#entries.get(to)];
    if (listed && entry && listed.identity !== NOBODY) {
      this.#identities.replace(listed.identity, from, to);
      entry.identity = listed.identity;
      listed.identity = NOBODY;
    }
    this.#predecessorOf.set(to, from);
  }

  /** The IKE SA whose place this one took, if it is still there. It can be taken only once. */
  takePredecessor(ownSpi: bigint): Established | undefined {
    const state = this.established(this.#predecessorOf.get(ownSpi) ?? 0n);
    this.#predecessorOf.delete(ownSpi);
    return state;
  }

  /** Forgets all IKE SAs, and wipes the secrets of those that were up. */
  clear(): void {
    for (const [ownSpi] of this.#entries.entries()) this.discard(ownSpi);
    this.#entries.clear();
    this.#deadlines.clear();
    this.#predecessorOf.clear();
    this.#upCount = this.#retiredCount = 0;
  }

  #unlist(ownSpi: bigint, entry: IkeSaEntry): void {
    if (entry.identity === NOBODY) return;
    this.#identities.delete(entry.identity, ownSpi);
    entry.identity = NOBODY;
  }

  #count(state: IkeSaEntry["state"], change: 1 | -1): void {
    if (isHalfOpen(state)) return;
    if (state instanceof IdleIkeSa || state.retiredUntilMs === undefined) this.#upCount += change;
    else this.#retiredCount += change;
  }
}
