/**
 * When a ticket counts as used, by a list in memory.
 *
 * @module
 */
import type { TicketName } from "../ticket/ticket_name.ts";
import type { TicketList } from "./ticket_list.ts";

export function isClaimed(list: Pick<TicketList, "get" | "covers" | "sweptAtEpochSeconds">, name: TicketName): boolean {
  const { ticketId, expiresAtEpochSeconds } = name;
  return expiresAtEpochSeconds < list.sweptAtEpochSeconds || list.get(ticketId) !== undefined || list.covers(name);
}
