/**
 * The ticket that a handmade client was granted.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ClientTicket } from "../../src/ticket/client_ticket.ts";
import { AuthenticationMethod, NotifyType } from "../../src/wire/constants.ts";
import type { Payload } from "../../src/wire/payload.ts";
import { HANDMADE_IDENTITY, type HandmadeExchange } from "./handmade_client.ts";
import { notifyData } from "./messages.ts";
import { fqdn } from "./simulation.ts";

/** Octets of lifetime before the ticket in N(TICKET_LT_OPAQUE). */
const LIFETIME_LENGTH = 4;

/** What the handmade client needs of the ticket in an answer to its IKE_AUTH. */
export function grantedTicket({ suite, keys }: HandmadeExchange, answer: readonly Payload[]): ClientTicket {
  const data = notifyData(answer, NotifyType.TICKET_LT_OPAQUE);
  assert.ok(data);
  return {
    ticket: data.slice(LIFETIME_LENGTH),
    expiresAtEpochSeconds: Infinity,
    initiatorId: HANDMADE_IDENTITY,
    responderId: fqdn("gateway.example"),
    authenticationMethod: AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE,
    proposal: suite.proposal,
    skD: keys.skD.slice(),
  };
}
