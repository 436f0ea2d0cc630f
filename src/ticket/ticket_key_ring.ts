/**
 * The keys that tickets are sealed under (RFC 5723, sections 6.1 and 9.5).
 *
 * @module
 */
import type { RandomSource } from "../crypto/key_exchange.ts";
import { sameOctets } from "../wire/octets.ts";
import {
  concealedTicketKey,
  KEY_ID_LENGTH,
  makeTicketKey,
  TICKET_KEY_LENGTH,
  type TicketKey,
  ticketKeyName,
} from "./ticket_key.ts";
import { checkKeyLifetime, checkTicketKeySchedule, type TicketKeyPolicy, ticketKeyPolicy } from "./ticket_key_policy.ts";
import { LeavingTicketKeys } from "./leaving_ticket_keys.ts";
import { SealsLeft } from "./seals_left.ts";
import { keyOfIdentity, keysByName } from "./ticket_keys_by_name.ts";
import { wipeTicketKey } from "./ticket_key_uses.ts";
import { CLOCK_SKEW_SECONDS, currentKeyAt, momentsOf, nextKeyAfter, phaseOf, replacedAt } from "./ticket_key_schedule.ts";

export { KEY_ID_LENGTH, makeTicketKey, TICKET_KEY_LENGTH, type TicketKey };

/** The method that `inspect` of node:util calls, on Deno too. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** Makes the keys of a moment, where they follow from the time: called whenever one is due to begin or to end. */
export type TicketKeySource = (nowEpochSeconds: number) => readonly TicketKey[];

/**
 * The current key, under which tickets are issued; staged ones, under which other gateways may issue already; and earlier ones, under which tickets
 * still open until they expire (RFC 5723, section 6.1).
 *
 * It learns the time from {@link advance} alone. Replacing the keys while waves run needs no lock: a wave asks once for a key
 * and keeps it.
 */
export class TicketKeyRing {
  readonly #random: RandomSource;
  /** The policy, with its defaults filled in. */
  readonly policy: TicketKeyPolicy;
  /** Called after the ring has made a key by itself, so that it can be kept. */
  onKeyMade: (() => void) | undefined;
  /** Called with what {@link onKeyMade} has thrown: the key is in use all the same. Must not throw. */
  onKeyMadeFault: ((fault: unknown) => void) | undefined;
  #source: TicketKeySource | undefined;
  #keys = new Map<string, TicketKey>();
  #current: TicketKey;
  #decoy: TicketKey;
  readonly #sealsLeft: SealsLeft;
  readonly #leaving = new LeavingTicketKeys();
  #nowEpochSeconds = -Infinity;
  /** A key that was made current by a command stays so, also if the clock lies behind. */
  #commandedAt = -Infinity;
  /** While the time lies within, nothing begins and nothing ends. */
  #settledFrom = Infinity;
  #settledUntil = -Infinity;

  /**
   * A ring of these keys.
   * @param keys The first counts as the current key until {@link advance} tells the time. At least one.
   * @throws {RangeError} no key, a key or key identity of a wrong length, an all-zero key identity, one identity twice, no key that ever seals, or a
   * policy out of range.
   */
  constructor(keys: readonly TicketKey[], random: RandomSource, policy: Partial<TicketKeyPolicy> = {}) {
    this.policy = ticketKeyPolicy(policy);
    this.#keys = keysByName(keys);
    this.#random = random;
    [this.#current] = this.#keys.values();
    this.#sealsLeft = new SealsLeft(this.policy.sealLimit, this.#current);
    this.#decoy = makeTicketKey(random, 0, keys[0].algorithm);
    // Inspection with getters would show what the getters give.
    Object.defineProperty(this, INSPECT, { value: () => this.toJSON() });
  }

  /** A ring with one new key, which makes further ones by itself, by age and by number of tickets. */
  static generate(random: RandomSource, nowEpochSeconds: number, policy: Partial<TicketKeyPolicy> = {}): TicketKeyRing {
    const key = makeTicketKey(random, nowEpochSeconds, policy.algorithm);
    return new TicketKeyRing([key], random, { makesKeys: true, ...policy });
  }

  /** A ring whose keys follow from the time, such as those of `derivedTicketKeys`. */
  static of(
    source: TicketKeySource,
    random: RandomSource,
    nowEpochSeconds: number,
    policy: Partial<TicketKeyPolicy> = {},
  ): TicketKeyRing {
    const ring = new TicketKeyRing(source(nowEpochSeconds), random, { ...policy, makesKeys: false });
    ring.#source = source;
    ring.advance(nowEpochSeconds);
    return ring;
  }

  /** The key for new tickets. To seal one, ask {@link keyForSealing}. */
  get current(): TicketKey {
    return this.#current;
  }

  /** All keys, the current one first. */
  get keys(): readonly TicketKey[] {
    return [this.#current, ...[...this.#keys.values()].filter((key) => key !== this.#current)];
  }

  /** Keys whose time to seal has not come; those that only open are not among them. */
  get staged(): readonly TicketKey[] {
    const keys = this.keys;
    return keys.filter((key) => key !== this.#current && phaseOf(key, keys, this.#effectiveNow()) === "staged");
  }

  /** The key of an identity, if the ring has it. `start`: where its 8 octets stand in others; not given: it is all of them. */
  find(keyId: Uint8Array, start?: number): TicketKey | undefined {
    return keyOfIdentity(this.#keys.values(), keyId, start);
  }

  /**
   * A key that no ticket was ever sealed under: opening with it takes the time of a known key, and fails. It has the algorithm of the current key,
   * as nearly all tickets do.
   */
  get decoy(): TicketKey {
    return this.#decoy;
  }

  /**
   * The key to seal one ticket under, counted. Once the current key has sealed as many as it may, the next staged key takes its turn, or a new one
   * where the ring makes keys. `undefined`: there is none left, and no ticket can be issued.
   */
  keyForSealing(): TicketKey | undefined {
    if (this.#sealsLeft.take()) return this.#current;
    this.#replaceExhausted();
    return this.#sealsLeft.take() ? this.#current : undefined;
  }

  /** Tells the time: staged keys begin, keys whose tickets have all expired are wiped, and one that is too old is replaced. Costs nothing else. */
  advance(nowEpochSeconds: number): void {
    this.#nowEpochSeconds = nowEpochSeconds;
    if (nowEpochSeconds >= this.#settledFrom && nowEpochSeconds < this.#settledUntil) return;
    if (this.#source) this.#install(keysByName(this.#source(nowEpochSeconds)));
    this.#settle();
  }

  /** Makes a new key the current one, at once and whatever the clock says. Tickets under the keys before it open until they expire. */
  rotate(random: RandomSource, nowEpochSeconds: number): TicketKey {
    this.#commandedAt = Math.max(nowEpochSeconds, this.#current.activeFromEpochSeconds ?? -Infinity);
    return this.#make(random, this.#commandedAt);
  }

  /**
   * Puts other keys in the place of these, all at once: the current one is found by the time. Those that are in both keep what they have sealed.
   *
   * @throws {RangeError} as the constructor; the keys stay as they are then.
   */
  replace(keys: readonly TicketKey[], nowEpochSeconds: number): void {
    const byName = keysByName(keys);
    this.#nowEpochSeconds = nowEpochSeconds;
    this.#source = undefined;
    this.#commandedAt = -Infinity;
    this.#install(byName);
    this.#settle();
  }

  /** As {@link replace}, with keys that follow from the time. */
  replaceSource(source: TicketKeySource, nowEpochSeconds: number): void {
    this.replace(source(nowEpochSeconds), nowEpochSeconds);
    this.#source = source;
  }

  /**
   * Whether the keys live long enough for tickets of a lifetime (RFC 5723, section 6.2).
   *
   * @throws {RangeError} why not, and what would do.
   */
  checkTicketLifetime(ticketLifetimeSeconds: number): void {
    const { rotationSeconds } = this.policy;
    if (ticketLifetimeSeconds > this.policy.ticketLifetimeSeconds) {
      throw new RangeError(
        `ticket keys: kept for tickets of ${this.policy.ticketLifetimeSeconds} s at most, and tickets are to live ${ticketLifetimeSeconds} s`,
      );
    }
    if (rotationSeconds !== undefined) return checkKeyLifetime(rotationSeconds, ticketLifetimeSeconds);
    checkTicketKeySchedule(this.keys, this.#schedulingNow(), ticketLifetimeSeconds);
  }

  /**
   * Wipes and removes the keys that were replaced before a moment: all their tickets have expired, if it lies a ticket lifetime back.
   *
   * @returns how many keys are gone.
   */
  forgetReplacedBefore(epochSeconds: number): number {
    const keys = this.keys;
    const now = this.#schedulingNow();
    const gone = keys.filter((key) => key !== this.#current && replacedAt(key, keys, now) < epochSeconds);
    for (const key of gone) {
      const name = ticketKeyName(key.keyId);
      this.#keys.delete(name);
      this.#sealsLeft.forget(name);
      wipeTicketKey(key.key);
    }
    return gone.length;
  }

  /** Shows which keys there are, never what they are. */
  toJSON(): { readonly keyIds: readonly string[] } {
    return { keyIds: this.keys.map(({ keyId }) => ticketKeyName(keyId)) };
  }

  #effectiveNow(): number {
    return Math.max(this.#nowEpochSeconds, this.#commandedAt);
  }

  /** The time, but not before the current key began, since it may never have been told. */
  #schedulingNow(): number {
    return Math.max(this.#effectiveNow(), this.#current.activeFromEpochSeconds ?? -Infinity);
  }

  #currentSince(): number {
    return this.#current.activeFromEpochSeconds ?? this.#current.madeAtEpochSeconds;
  }

  /** Brings everything to where it belongs at this time. */
  #settle(): void {
    const now = this.#nowEpochSeconds;
    this.#leaving.wipe(now);
    this.#choose(currentKeyAt([...this.#keys.values()], this.#effectiveNow()) ?? this.#current);
    const { makesKeys, rotationSeconds, ticketLifetimeSeconds } = this.policy;
    if (makesKeys && now - this.#currentSince() >= rotationSeconds!) {
      this.#make(this.#random, now);
      this.#tellKeyMade();
    }
    const kept = ticketLifetimeSeconds + CLOCK_SKEW_SECONDS;
    this.forgetReplacedBefore(now - kept);
    this.#settledFrom = now;
    this.#settledUntil = this.#nextChange(now, kept);
  }

  #tellKeyMade(): void {
    try {
      this.onKeyMade?.();
    } catch (fault) {
      this.onKeyMadeFault?.(fault);
    }
  }

  #nextChange(now: number, kept: number): number {
    const moments = [...this.#leaving.moments, ...momentsOf(this.keys, this.#effectiveNow(), kept)];
    if (this.policy.makesKeys) moments.push(this.#currentSince() + this.policy.rotationSeconds!);
    return Math.min(...moments.filter((moment) => moment > now));
  }

  /** New keys in the place of the old ones. Equal octets stay in their arrays, which others may hold; the rest is wiped later. */
  #install(keys: Map<string, TicketKey>): void {
    for (const [name, old] of this.#keys) {
      const successor = keys.get(name);
      // Both came from a trusted place: the time that comparing takes tells nobody anything.
      if (successor && sameOctets(successor.key, old.key) && successor.algorithm === old.algorithm) {
        if (successor.key !== old.key) wipeTicketKey(successor.key);
        keys.set(name, concealedTicketKey({ ...successor, key: old.key }));
      } else {
        this.#leaving.add(old.key, this.#nowEpochSeconds);
        this.#sealsLeft.forget(name);
      }
    }
    const currentName = ticketKeyName(this.#current.keyId);
    const current = keys.get(currentName);
    this.#keys = keys;
    if (current?.key === this.#current.key) this.#current = current;
  }

  #make(random: RandomSource, activeFromEpochSeconds: number): TicketKey {
    const key = makeTicketKey(random, activeFromEpochSeconds, this.policy.algorithm);
    // In front: of keys that begin in one second the first in the list is the current one.
    this.#keys = new Map([[ticketKeyName(key.keyId), key], ...this.#keys]);
    this.#choose(key);
    this.#settledUntil = -Infinity;
    return key;
  }

  /**
   * The key that is due, or where that has sealed as many tickets as it may, the staged one after it. Never one that was replaced: other gateways
   * forget it too soon.
   */
  #choose(due: TicketKey): void {
    const key = this.#sealsLeft.of(due) > 0 ? due : this.#nextAble() ?? due;
    if (key === this.#current) return;
    this.#sealsLeft.turnTo(key, this.#current, this.#keys.has(ticketKeyName(this.#current.keyId)));
    this.#current = key;
    if (key.algorithm !== this.#decoy.algorithm) this.#decoy = makeTicketKey(this.#random, 0, key.algorithm);
  }

  #nextAble(): TicketKey | undefined {
    return nextKeyAfter([...this.#keys.values()].filter((key) => this.#sealsLeft.of(key) > 0), this.#effectiveNow());
  }

  #replaceExhausted(): void {
    this.#choose(this.#current);
    if (this.#sealsLeft.of(this.#current) > 0 || !this.policy.makesKeys) return;
    this.#make(this.#random, Math.max(this.#nowEpochSeconds, this.#current.madeAtEpochSeconds));
    this.#tellKeyMade();
  }
}
