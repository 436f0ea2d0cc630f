/**
 * First messages that were answered with a new IKE SA, so that a repeated one gets the same answer and makes no second
 * (RFC 7296, section 2.1). They are told apart by the whole packet: initiators choose their SPIs, and two may choose the same
 * (RFC 4718, section 2.3).
 *
 * Each is remembered for half a minute, in which a mass reconnect brings hundreds of thousands: they lie in columns, in the order in which they came.
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import { sameOctets } from "../../wire/octets.ts";
import { KeyedHash } from "../message/keyed_hash.ts";
import { SlotIndex } from "../queues/slot_index.ts";

/** One exchange that was begun. */
export interface Begun {
  readonly responderSpi: bigint;
  readonly request: Uint8Array;
  readonly response: Uint8Array;
  readonly hash: number;
}

/** What is remembered of one. `undefined`: its IKE SA is up, so the client has the response. */
export type InitialExchange = Pick<Partial<Begun>, "response">;

/** Slots that there are at least; a power of two, as every number of slots. */
const FEWEST_SLOTS = 1_024;
/** In place of a hash: the exchange was taken out before its time. */
const TAKEN_OUT = -1;

/** Exchanges in columns: all that is numbers lies in typed arrays, by slot. */
class Columns {
  readonly slots: number;
  readonly hashes: Float64Array;
  /** The lower words of the hashes. */
  readonly hashWords: Int32Array;
  /** Of the responder's SPI: its second word, and both added bit by bit. */
  readonly spiSeconds: Int32Array;
  readonly spiWords: Int32Array;
  readonly expiriesMs: Float64Array;
  /** `undefined`: its IKE SA is up, and the request is known by its hash alone. */
  readonly requests: (Uint8Array | undefined)[];
  readonly responses: (Uint8Array | undefined)[];
  readonly byHash: SlotIndex;
  readonly bySpi: SlotIndex;

  constructor(slots: number) {
    this.slots = slots;
    this.hashes = new Float64Array(slots);
    this.hashWords = new Int32Array(slots);
    this.spiSeconds = new Int32Array(slots);
    this.spiWords = new Int32Array(slots);
    this.expiriesMs = new Float64Array(slots);
    this.requests = new Array(slots).fill(undefined);
    this.responses = new Array(slots).fill(undefined);
    this.byHash = new SlotIndex(this.hashWords);
    this.bySpi = new SlotIndex(this.spiWords);
  }
}

/** Remembers each for one half-open lifetime, whatever becomes of the IKE SA in the meantime, unless it is told to forget it. */
export class InitialExchanges {
  readonly #lifetimeMs: number;
  readonly #hash: KeyedHash;
  #columns = new Columns(FEWEST_SLOTS);
  /** Which is the oldest, and which comes next, counted from the beginning: their slots are these modulo the number of slots. */
  #oldest = 0;
  #next = 0;

  constructor(lifetimeMs: number, random: RandomSource) {
    this.#lifetimeMs = lifetimeMs;
    this.#hash = new KeyedHash(random);
  }

  get nextExpiryMs(): number | undefined {
    return this.#oldest === this.#next ? undefined : this.#columns.expiriesMs[this.#slotOf(this.#oldest)];
  }

  /** The hash by which a request is found: to be made once for each request. */
  hashOf(request: Uint8Array): number {
    return this.#hash.of(request);
  }

  /** The exchange that began with exactly these octets: once it is over, with octets of this hash, of which nobody finds others. */
  find(request: Uint8Array, hash: number): InitialExchange | undefined {
    const { byHash, hashes, requests, responses } = this.#columns;
    let place = byHash.home(hash | 0);
    for (let slot = byHash.slotAt(place); slot >= 0; slot = byHash.slotAt(place)) {
      const known = requests[slot];
      if (hashes[slot] === hash && (known === undefined || sameOctets(known, request))) return { response: responses[slot] };
      place = byHash.after(place);
    }
    return undefined;
  }

  add({ responderSpi, request, response, hash }: Begun, nowMs: number): void {
    if (this.#next - this.#oldest === this.#columns.slots) this.#resize(2 * this.#columns.slots);
    const columns = this.#columns;
    const slot = this.#slotOf(this.#next++);
    spiView.setBigUint64(0, responderSpi);
    columns.hashes[slot] = hash;
    columns.hashWords[slot] = hash | 0;
    columns.spiSeconds[slot] = spiView.getInt32(4);
    columns.spiWords[slot] = spiView.getInt32(0) ^ spiView.getInt32(4);
    columns.expiriesMs[slot] = nowMs + this.#lifetimeMs;
    columns.requests[slot] = request;
    columns.responses[slot] = response;
    columns.byHash.add(slot);
    columns.bySpi.add(slot);
  }

  /**
   * Its IKE SA is up. Whoever has sent IKE_AUTH has the response, which need not be kept any longer (RFC 7296, section 2.1): a large part of what
   * thousands that come back together would take.
   */
  over(responderSpi: bigint): void {
    const slot = this.#find(responderSpi);
    if (slot >= 0) this.#columns.requests[slot] = this.#columns.responses[slot] = undefined;
  }

  /** Its IKE SA has made room for others: a repeated request begins another. */
  forget(responderSpi: bigint): void {
    const slot = this.#find(responderSpi);
    if (slot >= 0) this.#takeOut(slot);
  }

  /** Takes out what has expired, and returns the SPIs of the IKE SAs that were begun. */
  expire(nowMs: number): bigint[] {
    const expired: bigint[] = [];
    while (this.#oldest < this.#next) {
      const slot = this.#slotOf(this.#oldest);
      if (this.#columns.expiriesMs[slot] > nowMs) break;
      expired.push(this.#spiAt(slot));
      this.#takeOut(slot);
    }
    return expired;
  }

  #slotOf(number: number): number {
    return number % this.#columns.slots;
  }

  #spiAt(slot: number): bigint {
    const { spiSeconds, spiWords } = this.#columns;
    spiView.setInt32(0, spiWords[slot] ^ spiSeconds[slot]);
    spiView.setInt32(4, spiSeconds[slot]);
    return spiView.getBigUint64(0);
  }

  /** -1: there is none of this SPI. */
  #find(responderSpi: bigint): number {
    const { bySpi, spiWords, spiSeconds } = this.#columns;
    spiView.setBigUint64(0, responderSpi);
    const second = spiView.getInt32(4);
    const word = spiView.getInt32(0) ^ second;
    let place = bySpi.home(word);
    let slot = bySpi.slotAt(place);
    while (slot >= 0 && (spiWords[slot] !== word || spiSeconds[slot] !== second)) {
      place = bySpi.after(place);
      slot = bySpi.slotAt(place);
    }
    return slot;
  }

  #takeOut(slot: number): void {
    const columns = this.#columns;
    columns.byHash.delete(slot);
    columns.bySpi.delete(slot);
    columns.hashes[slot] = TAKEN_OUT;
    columns.requests[slot] = columns.responses[slot] = undefined;
    while (this.#oldest < this.#next && columns.hashes[this.#slotOf(this.#oldest)] === TAKEN_OUT) this.#oldest++;
    const { slots } = columns;
    if (slots > FEWEST_SLOTS && 8 * (this.#next - this.#oldest) < slots) this.#resize(slots / 2);
  }

  #resize(slots: number): void {
    const from = this.#columns;
    const to = new Columns(slots);
    let next = 0;
    for (let number = this.#oldest; number < this.#next; number++) {
      const old = this.#slotOf(number);
      if (from.hashes[old] === TAKEN_OUT) continue;
      const slot = next++;
      to.hashes[slot] = from.hashes[old];
      to.hashWords[slot] = from.hashWords[old];
      to.spiSeconds[slot] = from.spiSeconds[old];
      to.spiWords[slot] = from.spiWords[old];
      to.expiriesMs[slot] = from.expiriesMs[old];
      to.requests[slot] = from.requests[old];
      to.responses[slot] = from.responses[old];
      to.byHash.add(slot);
      to.bySpi.add(slot);
    }
    this.#columns = to;
    this.#oldest = 0;
    this.#next = next;
  }
}

/** One view for all: what stands there is no secret. */
const spiView = new DataView(new ArrayBuffer(8));
