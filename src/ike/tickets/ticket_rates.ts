/**
 * How many tickets one client may be given.
 *
 * Each ticket that is taken back has to be remembered until it would have expired. Those of an IKE SA form a series: one entry
 * says that a ticket and all before it are worth nothing. So a client that asks in a loop does not fill a list, and is refused
 * after some tickets.
 *
 * @module
 */
import type { TicketIssue } from "../../ticket/ticket_items.ts";
import type { ResponderConfiguration } from "../policy/responder_configuration.ts";
import type { TicketSeries } from "../states/ticket_series.ts";
import type { Instant } from "../steps/instant.ts";

/** The time over which tickets are counted, in seconds, or the lifetime of a ticket where that is shorter. */
const WINDOW_SECONDS = 600;
const LAST_SERIAL = 0xffff_ffff;

/** How many tickets each identity was given lately, in constant space: a count may be too high, by chance, and is never too low. */
export class TicketRates {
  readonly #perIkeSa: number;
  readonly #perIdentity: number;
  readonly #windowMs: number;
  /** Two independent rows: an identity's count is the lower of its two. */
  readonly #rows = [new Uint32Array(ROW_LENGTH), new Uint32Array(ROW_LENGTH)];
  #window = -1;

  constructor({ ticketsPerIkeSa, ticketsPerIdentity, ticketLifetimeSeconds }: ResponderConfiguration) {
    this.#perIkeSa = ticketsPerIkeSa;
    this.#perIdentity = ticketsPerIdentity;
    this.#windowMs = 1_000 * Math.min(WINDOW_SECONDS, ticketLifetimeSeconds);
  }

  /** The next ticket of a series, counted; `undefined`: its IKE SA, or its identity, was given as many as it may. */
  next(series: TicketSeries, owner: number, now: Instant): TicketIssue | undefined {
    // A step that was set aside goes on by the time at which it began.
    const window = Math.max(this.#window, Math.floor(now.monotonicMs / this.#windowMs));
    if (window !== this.#window) {
      this.#window = window;
      for (const row of this.#rows) row.fill(0);
    }
    if (series.window !== window) {
      series.window = window;
      series.count = 0;
    }
    if (series.count >= this.#perIkeSa || series.nextSerial > LAST_SERIAL || !this.#take(owner)) {
      return undefined;
    }
    series.count++;
    return { series: series.name, serial: series.nextSerial++, issuedAtEpochSeconds: Math.floor(now.epochSeconds) };
  }

  #take(owner: number): boolean {
    const [one, other] = this.#rows;
    const at = owner % ROW_LENGTH;
    const otherAt = Math.floor(owner / 0x1_0000_0000) % ROW_LENGTH;
    if (Math.min(one[at], other[otherAt]) >= this.#perIdentity) return false;
    one[at]++;
    other[otherAt]++;
    return true;
  }
}

const ROW_LENGTH = 1 << 16;
