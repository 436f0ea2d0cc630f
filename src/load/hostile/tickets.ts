/**
 * IKE_SESSION_RESUME requests that come to nothing: with forged, used or good tickets, under one initiator SPI or a new one each.
 *
 * @module
 */
import type { AttackerMeans, AttackKind } from "./attack.ts";
import { randomSpi, resumeMessage, varied } from "./first_messages.ts";
import { openAll, sendInTurn, sendMade } from "./senders.ts";

/** Datagrams under one SPI that are made beforehand: each comes again and again, from other addresses. */
const PREPARED = 256;

export type TicketsOf = (means: AttackerMeans) => readonly Uint8Array[];

export const USED_TICKETS: TicketsOf = ({ usedTickets }) => usedTickets;
export const GOOD_TICKETS: TicketsOf = ({ goodTickets }) => goodTickets;
/** Under a key that is known, and altered: told from a good one only by opening it. */
export const FORGED_TICKETS: TicketsOf = ({ goodTickets }) =>
  goodTickets.map((ticket) => {
    const altered = ticket.slice();
    altered[altered.length - 1] ^= 1;
    return altered;
  });

export function ticketsUnderOneSpi(name: string, what: string, ticketsOf: TicketsOf, addresses: readonly string[]): AttackKind {
  return {
    name,
    what,
    prepare: async (means) => {
      const messages = ticketsOf(means).map(resumeMessage);
      const spi = randomSpi();
      const datagrams = Array.from({ length: PREPARED }, (_, index) => varied(messages[index % messages.length], spi));
      return sendInTurn(await openAll(means, addresses), datagrams);
    },
  };
}

export function ticketsUnderManySpis(
  name: string,
  what: string,
  ticketsOf: TicketsOf,
  addresses: readonly string[],
): AttackKind {
  return {
    name,
    what,
    prepare: async (means) => {
      const messages = ticketsOf(means).map(resumeMessage);
      return sendMade(await openAll(means, addresses), (index) => varied(messages[index % messages.length]));
    },
  };
}
