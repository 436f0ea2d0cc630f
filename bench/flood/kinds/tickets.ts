/**
 * IKE_SESSION_RESUME requests that come to nothing: with forged, used or good tickets, under one initiator SPI or a new one each.
 *
 * @module
 */
import type { AttackKind } from "../../../src/load/hostile/attack.ts";
import { resumeMessage } from "../../../src/load/hostile/first_messages.ts";
import { leftHalfOpen } from "../../../src/load/hostile/left_half_open.ts";
import {
  FORGED_TICKETS,
  GOOD_TICKETS,
  ticketsUnderManySpis,
  ticketsUnderOneSpi,
  USED_TICKETS,
} from "../../../src/load/hostile/tickets.ts";
import { ATTACKER_ADDRESSES, NEIGHBOUR_ADDRESSES } from "../setting.ts";
import { filled } from "./filled.ts";

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
  ticketsUnderOneSpi(
    "forged-tickets-one-spi",
    "altered tickets from many addresses, one initiator SPI",
    FORGED_TICKETS,
    ATTACKER_ADDRESSES,
  ),
  ticketsUnderManySpis(
    "forged-tickets-many-spis",
    "altered tickets from many addresses, an initiator SPI each",
    FORGED_TICKETS,
    ATTACKER_ADDRESSES,
  ),
  ticketsUnderOneSpi(
    "used-tickets-one-spi",
    "used tickets from many addresses, one initiator SPI",
    USED_TICKETS,
    ATTACKER_ADDRESSES,
  ),
  ticketsUnderManySpis(
    "used-tickets-many-spis",
    "used tickets from many addresses, an initiator SPI each",
    USED_TICKETS,
    ATTACKER_ADDRESSES,
  ),
  WITHOUT_AUTH,
  filled(WITHOUT_AUTH),
  BESIDE_CLIENTS,
  filled(BESIDE_CLIENTS),
];

function withoutAuth(name: string, what: string, addresses: readonly string[]): AttackKind {
  return leftHalfOpen(name, what, addresses, (means) => GOOD_TICKETS(means).map(resumeMessage));
}
