/**
 * The ticket store of a client: it opens no tickets, so it claims none.
 *
 * @module
 */
import type { TicketClaims } from "../ike/steps/wave.ts";

export const NO_CLAIMS: TicketClaims = {
  claim: (batch) => batch.map(() => false),
  isClaimed: (batch) => batch.map(() => true),
};
