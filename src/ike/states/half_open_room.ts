/**
 * Half-open IKE SAs of one kind, by the address prefixes of their clients: how much each prefix holds, and which IKE SA is next
 * to give way.
 *
 * @module
 */
import type { AddressPrefix } from "../message/address.ts";
import type { ProfileName } from "../profiles/resumption_profile.ts";
import { LinkedQueue, Queued } from "../queues/linked_queue.ts";
import { type Timed, TimerHeap } from "../queues/timer_heap.ts";

/** Octets of messages that one place is for. What an ordinary client sends fits into one. */
const OCTETS_OF_PLACE = 2_048;

/**
 * Prefixes that are remembered although they hold nothing any more: in a mass reconnect they come and go with each wave, and a map that grows and shrinks
 * each time is copied each time.
 */
const MOST_EMPTY = 256;

/** Puts the number of places before the time, as one number: milliseconds stay whole for two years and 131,072 places. */
const PLACE_WEIGHT = 2 ** 36;

/** A half-open IKE SA that comes in. */
export interface Newcomer {
  readonly responderSpi: bigint;
  /** The address prefix of its client. */
  readonly prefix: AddressPrefix;
  /** Octets of the messages of its first exchange. */
  readonly octets: number;
  readonly cost: number;
  /** The form of resumption by which it comes; none: by a full exchange. */
  readonly profile?: ProfileName;
}

/** One half-open IKE SA. */
export class HalfOpen extends Queued<HalfOpen> {
  readonly responderSpi: bigint;
  readonly room: HalfOpenRoom;
  readonly holder: Holder;
  readonly admittedAtMs: number;
  readonly profile: ProfileName | undefined;
  /** What answering its client's IKE_AUTH may take, in Diffie-Hellman exchanges with Curve25519. */
  readonly cost: number;
  /** Octets of the first exchange's messages. */
  readonly firstOctets: number;
  /** Octets of all messages that it keeps. */
  octets: number;
  places: number;
  /** A message of its client's is being processed: what it keeps is in use. */
  isBusy = false;

  constructor({ responderSpi, octets, cost, profile }: Newcomer, room: HalfOpenRoom, holder: Holder, admittedAtMs: number) {
    super();
    this.responderSpi = responderSpi;
    this.room = room;
    this.holder = holder;
    this.admittedAtMs = admittedAtMs;
    this.profile = profile;
    this.cost = cost;
    this.firstOctets = octets;
    this.octets = octets;
    this.places = placesOf(octets);
  }
}

/**
 * The half-open IKE SAs of one prefix. First in the heap is the prefix that holds most; among equals, the one with the oldest.
 */
interface Holder extends Timed {
  readonly prefix: AddressPrefix;
  readonly queue: LinkedQueue<HalfOpen>;
  places: number;
}

export class HalfOpenRoom {
  readonly #holders = new Map<AddressPrefix, Holder>();
  readonly #byGreed = new TimerHeap<Holder>();
  /** Of all holders those that hold nothing. */
  #empty = 0;
  #count = 0;
  #places = 0;
  #octets = 0;
  #cost = 0;

  get count(): number {
    return this.#count;
  }

  get places(): number {
    return this.#places;
  }

  get octets(): number {
    return this.#octets;
  }

  /** What all of them may still cost. */
  get cost(): number {
    return this.#cost;
  }

  add(newcomer: Newcomer, admittedAtMs: number): HalfOpen {
    const { prefix, octets, cost } = newcomer;
    let holder = this.#holders.get(prefix);
    if (holder === undefined) {
      holder = { prefix, queue: new LinkedQueue(), places: 0, armedFor: Infinity, heapPosition: -1 };
      this.#holders.set(prefix, holder);
    } else if (holder.queue.first === undefined) this.#empty--;
    const one = new HalfOpen(newcomer, this, holder, admittedAtMs);
    holder.queue.push(one);
    this.#count++;
    this.#cost += cost;
    this.#change(holder, one.places, octets);
    return one;
  }

  remove(one: HalfOpen): void {
    if (!one.isQueued) return;
    one.holder.queue.remove(one);
    this.#count--;
    this.#cost -= one.cost;
    this.#change(one.holder, -one.places, -one.octets);
  }

  /** A half-open IKE SA keeps more now, or less. */
  resize(one: HalfOpen, octets: number): void {
    if (!one.isQueued || octets === one.octets) return;
    const places = placesOf(octets);
    this.#change(one.holder, places - one.places, octets - one.octets);
    one.places = places;
    one.octets = octets;
  }

  /** The oldest that is not busy, of the prefix that holds most. No more are passed over than a wave has messages. */
  oldestOfGreediest(): HalfOpen | undefined {
    const passedOver: Holder[] = [];
    let found: HalfOpen | undefined;
    while (found === undefined) {
      const holder = this.#byGreed.takeDue(Infinity);
      if (holder === undefined) break;
      passedOver.push(holder);
      found = holder.queue.first;
      while (found?.isBusy) found = found.after;
    }
    for (const holder of passedOver) this.#rank(holder);
    return found;
  }

  clear(): void {
    this.#holders.clear();
    this.#byGreed.clear();
    this.#empty =
      this.#count =
      this.#places =
      this.#octets =
      this.#cost =
        0;
  }

  #change(holder: Holder, places: number, octets: number): void {
    this.#places += places;
    this.#octets += octets;
    holder.places += places;
    this.#rank(holder);
  }

  #rank(holder: Holder): void {
    const oldest = holder.queue.first;
    if (oldest !== undefined) return this.#byGreed.arm(holder, oldest.admittedAtMs - holder.places * PLACE_WEIGHT);
    this.#byGreed.disarm(holder);
    if (this.#empty < MOST_EMPTY) this.#empty++;
    else this.#holders.delete(holder.prefix);
  }
}

/** How many places so many octets take. */
export function placesOf(octets: number): number {
  return Math.max(1, Math.ceil(octets / OCTETS_OF_PLACE));
}
