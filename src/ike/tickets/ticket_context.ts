/**
 * What tickets need of a gateway.
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import type { ResponderConfiguration } from "../policy/responder_configuration.ts";
import type { Instant } from "../steps/instant.ts";
import type { IssuedTickets } from "./issued_tickets.ts";
import type { SpentTickets } from "./spent_tickets.ts";

export interface TicketContext {
  readonly configuration: ResponderConfiguration;
  readonly random: RandomSource;
  readonly now: Instant;
  readonly issued: IssuedTickets;
  readonly spentTickets: SpentTickets;
}
