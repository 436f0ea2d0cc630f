/**
 * What a client notes of a ticket beside what it came with.
 *
 * @module
 */
import type { InitiatorConfiguration } from "../ike/policy/initiator_configuration.ts";
import type { Effect } from "../ike/states/effect.ts";
import { concealed } from "../ticket/client_ticket.ts";
import { credentialOctets, credentialTag } from "./credential_tag.ts";

/** Has a ticket say which gateway it is of, and for which shared key it was issued. */
export function ofGateway(effect: Effect, gateway: string, configuration: InitiatorConfiguration): Effect {
  if (effect.type !== "ticket-received") return effect;
  const { ticket } = effect;
  return {
    ...effect,
    ticket: concealed({ ...ticket, gateway, credentialTag: credentialTag(ticket, credentialOctets(configuration)) }),
  };
}
