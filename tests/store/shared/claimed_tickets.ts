/**
 * Tickets that several threads name alike.
 *
 * @module
 */
import type { TicketName } from "../../../src/ticket/ticket_name.ts";

const DIGITS = 40;
const EXPIRY = 10_000_000_000;

/** Each of an owner of its own. */
export function ticketOf(number: number): TicketName {
  return {
    ticketId: (number * 0x9e37_79b1).toString(16).padStart(DIGITS, "0"),
    expiresAtEpochSeconds: EXPIRY,
    owner: number,
    issuedAtEpochSeconds: number,
  };
}

/** The numbers below `count` in any order (Fisher, Yates). */
export function shuffled(count: number, numberBelow: (bound: number) => number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = numberBelow(last + 1);
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}
