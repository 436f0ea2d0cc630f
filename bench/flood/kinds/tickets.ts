/**
 * IKE_SESSION_RESUME requests that come to nothing: with forged, used or good tickets, under one initiator SPI or a new one each.
 *
 * @module
 */
import type { AttackerMeans, AttackKind } from "../attack.ts";
import { openAll, sendInTurn, sendMade } from "../senders.ts";
import { ATTACKER_ADDRESSES, NEIGHBOUR_ADDRESSES } from "../setting.ts";
import { filled } from "./filled.ts";
import { randomSpi, resumeMessage, varied } from "./first_messages.ts";
import { leftHalfOpen } from "./left_half_open.ts";

/** Datagrams under one SPI that are made beforehand: each comes again and again, from other addresses. */
const PREPARED = 256;

type TicketsOf = (means: AttackerMeans) => readonly Uint8Array[];

const used: TicketsOf = ({ usedTickets }) => usedTickets;
const good: TicketsOf = ({ goodTickets }) => goodTickets;
/** Under a key that is known, and altered: told from a good one only by opening it. */
const forged: TicketsOf = ({ goodTickets }) =>
  goodTickets.map((ticket) => {
    const altered = ticket.slice();
    altered[altered.length - 1] ^= 1;
    return altered;
  });

/** Whoever has a good ticket may have a real address as well: cookies are answered. */
const WITHOUT_AUTH = withoutAuth(
  "tickets-without-auth",
  "good tickets from many networks, cookies answered, IKE_AUTH never sent",
  ATTACKER_ADDRESSES,
);
const BESIDE_CLIENTS = withoutAuth(
  "tickets-without-auth-beside-clients",
  "the same from the clients' own networks",
  NEIGHBOUR_ADDRESSES,
);

export const TICKETS: readonly AttackKind[] = [
  underOneSpi("forged-tickets-one-spi", "altered tickets from many addresses, one initiator SPI", forged),
  underManySpis("forged-tickets-many-spis", "altered tickets from many addresses, an initiator SPI each", forged),
  underOneSpi("used-tickets-one-spi", "used tickets from many addresses, one initiator SPI", used),
  underManySpis("used-tickets-many-spis", "used tickets from many addresses, an initiator SPI each", used),
  WITHOUT_AUTH,
  filled(WITHOUT_AUTH),
  BESIDE_CLIENTS,
  filled(BESIDE_CLIENTS),
];

function underOneSpi(name: string, what: string, ticketsOf: TicketsOf): AttackKind {
  return {
    name,
    what,
    prepare: async (means) => {
      const messages = ticketsOf(means).map(resumeMessage);
      const spi = randomSpi();
      const datagrams = Array.from({ length: PREPARED }, (_, index) => varied(messages[index % messages.length], spi));
      return sendInTurn(await openAll(means, ATTACKER_ADDRESSES), datagrams);
    },
  };
}

function underManySpis(name: string, what: string, ticketsOf: TicketsOf): AttackKind {
  return {
    name,
    what,
    prepare: async (means) => {
      const messages = ticketsOf(means).map(resumeMessage);
      return sendMade(await openAll(means, ATTACKER_ADDRESSES), (index) => varied(messages[index % messages.length]));
    },
  };
}

function withoutAuth(name: string, what: string, addresses: readonly string[]): AttackKind {
  return leftHalfOpen(name, what, addresses, (means) => good(means).map(resumeMessage));
}
