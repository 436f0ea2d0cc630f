/**
 * Tickets of IKE SAs that are gone, until the effects are settled that tell so.
 *
 * As a rule that is at once, so the one that was put here last is kept apart: a map would make a key of each, and grow and shrink with each wave.
 *
 * @module
 */
import type { IssuedTicket } from "../../ticket/issued_ticket.ts";
import { isSamePair, type SpiPair } from "../ike_sa/spi.ts";

export class DepartedTickets {
  #last: { readonly spis: SpiPair; readonly ticket: IssuedTicket } | undefined;
  readonly #others = new Map<bigint, IssuedTicket>();

  add(spis: SpiPair, ticket: IssuedTicket): void {
    if (this.#last && !isSamePair(this.#last.spis, spis)) this.#others.set(keyOf(this.#last.spis), this.#last.ticket);
    if (this.#others.size > 0) this.#others.delete(keyOf(spis));
    this.#last = { spis, ticket };
  }

  /** Takes the ticket of an IKE SA, if that is the one that was put here last. */
  takeLast(spis: SpiPair): IssuedTicket | undefined {
    if (this.#last === undefined || !isSamePair(this.#last.spis, spis)) return undefined;
    const { ticket } = this.#last;
    this.#last = undefined;
    return ticket;
  }

  /** Takes the ticket of an IKE SA. */
  take(spis: SpiPair): IssuedTicket | undefined {
    const last = this.takeLast(spis);
    if (last !== undefined || this.#others.size === 0) return last;
    const key = keyOf(spis);
    const ticket = this.#others.get(key);
    if (ticket) this.#others.delete(key);
    return ticket;
  }

  clear(): void {
    this.#last = undefined;
    this.#others.clear();
  }
}

function keyOf({ initiatorSpi, responderSpi }: SpiPair): bigint {
  return initiatorSpi << 64n | responderSpi;
}
