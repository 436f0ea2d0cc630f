/**
 * The last response of each idle IKE SA, for the request that comes again. They are a large part of what an IKE SA takes, and needed for minutes only:
 * "responders are allowed to forget a response after a timeout of several minutes", and ignore the request from then on (RFC 7296, section 2.1).
 *
 * @module
 */
import { OctetSlots } from "../../../wire/octet_slots.ts";

/** How long a response is kept at least. A client gives up when it has retransmitted for "several minutes" (RFC 7296, section 2.4). */
export const RESPONSE_KEPT_MS = 300_000;

/** How many are forgotten when another one is kept: they get fewer sooner than they get more, and nobody waits for it. */
const FORGOTTEN_AT_ONCE = 16;

/** In front of a response, in its slot. */
const At = { RECORD: 0, NEWER: 4, OLDER: 8, ANSWERED_AT: 12, OCTETS: 20 } as const;
const NONE = 0xffff_ffff;
/** Octets by which slots are longer from one length to the next. */
const STEP = 8;

export interface KeptResponse {
  readonly octets: Uint8Array;
  /** Monotonic milliseconds. */
  readonly answeredAtMs: number;
}

export function isStillKept(answeredAtMs: number, nowMs: number): boolean {
  return nowMs < answeredAtMs + RESPONSE_KEPT_MS;
}

export class KeptResponses {
  readonly #slots = new OctetSlots(STEP);
  readonly #whenForgotten: (record: number) => void;
  /** In the order in which they were kept. */
  #oldest = NONE;
  #newest = NONE;

  /** @param whenForgotten told of each record whose response is forgotten for its age. */
  constructor(whenForgotten: (record: number) => void) {
    this.#whenForgotten = whenForgotten;
  }

  /**
   * Keeps the response of a record, and forgets some of those that are too old.
   * @returns its number.
   */
  keep(octets: Uint8Array, answeredAtMs: number, record: number, nowMs: number): number {
    this.#forgetOld(nowMs);
    const slab = this.#slots.slabFor(At.OCTETS + octets.length);
    const start = this.#slots.take(slab);
    const response = this.#slots.numberOf(slab, start);
    const { view } = slab;
    view.setUint32(start + At.RECORD, record);
    view.setUint32(start + At.NEWER, NONE);
    view.setUint32(start + At.OLDER, this.#newest);
    view.setFloat64(start + At.ANSWERED_AT, answeredAtMs);
    slab.octets.set(octets, start + At.OCTETS);
    this.#link(this.#newest, At.NEWER, response);
    this.#newest = response;
    return response;
  }

  /** Takes a response out: a copy. */
  take(response: number, length: number): KeptResponse {
    const { slab, start } = this.#slots.slotOf(response);
    const from = start + At.OCTETS;
    const kept = { octets: slab.octets.slice(from, from + length), answeredAtMs: slab.view.getFloat64(start + At.ANSWERED_AT) };
    this.forget(response);
    return kept;
  }

  forget(response: number): void {
    const { slab, start } = this.#slots.slotOf(response);
    const newer = slab.view.getUint32(start + At.NEWER);
    const older = slab.view.getUint32(start + At.OLDER);
    this.#link(older, At.NEWER, newer);
    this.#link(newer, At.OLDER, older);
    this.#slots.giveBack(slab, start);
  }

  #forgetOld(nowMs: number): void {
    for (let count = 0; count < FORGOTTEN_AT_ONCE && this.#oldest !== NONE; count++) {
      const { slab: { view }, start } = this.#slots.slotOf(this.#oldest);
      if (isStillKept(view.getFloat64(start + At.ANSWERED_AT), nowMs)) return;
      this.#whenForgotten(view.getUint32(start + At.RECORD));
      this.forget(this.#oldest);
    }
  }

  /** Has a response name another one as its neighbour. Beyond the last there is the list itself. */
  #link(response: number, side: typeof At.NEWER | typeof At.OLDER, other: number): void {
    if (response !== NONE) {
      const { slab: { view }, start } = this.#slots.slotOf(response);
      view.setUint32(start + side, other);
    } else if (side === At.NEWER) this.#oldest = other;
    else this.#newest = other;
  }
}
