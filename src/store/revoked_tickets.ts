/**
 * How a list of revoked tickets is kept: one row for a ticket that was named alone, and one for a series, which says which of its tickets are
 * meant.
 *
 * @module
 */
import type { TicketName } from "../ticket/ticket_name.ts";
import type { TicketList } from "./ticket_list.ts";

/** The key of a revocation. The two kinds of names differ in length. */
export function revocationKey({ series, serial, ticketId }: TicketName): string {
  return series === undefined || serial === undefined ? ticketId : series;
}

/** The lowest serial of its series that is still good; `undefined` where one ticket alone is revoked. */
export function firstGoodSerial({ series, serial }: TicketName): number | undefined {
  return series === undefined || serial === undefined ? undefined : serial + 1;
}

/** Adds a revocation to a list. False: the list can take no more. */
export function revoke(list: TicketList, name: TicketName, expiresAtEpochSeconds: number): boolean {
  const { owner, issuedAtEpochSeconds } = name;
  return list.set(revocationKey(name), { below: firstGoodSerial(name), owner, issuedAtEpochSeconds }, expiresAtEpochSeconds);
}

export function isRevoked(list: Pick<TicketList, "get" | "covers">, name: TicketName): boolean {
  const { ticketId, series, serial } = name;
  if (list.get(ticketId) !== undefined) return true;
  const below = series === undefined ? undefined : list.get(series)?.below;
  return below !== undefined && serial !== undefined && serial < below || list.covers(name);
}
