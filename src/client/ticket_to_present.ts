/**
 * Which ticket a client presents.
 *
 * @module
 */
import type { InitiatorConfiguration } from "../ike/policy/initiator_configuration.ts";
import type { ClientTicket } from "../ticket/client_ticket.ts";
import { credentialOctets, isOfCredential } from "./credential_tag.ts";
import type { StoredTicket } from "./stored_ticket.ts";

/**
 * The ticket to present: in one attempt (RFC 5723, section 9.10), and to no gateway but one that issued it (section 4.3.2).
 *
 * @param given the ticket that the program names; `undefined`: that of the store, if there is one
 * @param gateways the names of the gateways whose tickets the one that is asked takes
 */
export async function ticketToPresent(
  given: ClientTicket | undefined,
  configuration: InitiatorConfiguration,
  gateways: readonly string[],
  stored: StoredTicket | undefined,
  nowEpochSeconds: number,
): Promise<ClientTicket | undefined> {
  const isGood = (one: ClientTicket) =>
    (one.gateway === undefined || gateways.includes(one.gateway) || configuration.peerIdentity !== undefined) &&
    isOfCredential(one, credentialOctets(configuration));
  if (given === undefined) return await stored?.present(nowEpochSeconds, isGood);
  if (!isGood(given)) return undefined;
  stored?.presents(given);
  return given;
}
