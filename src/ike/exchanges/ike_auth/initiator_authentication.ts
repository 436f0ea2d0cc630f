/**
 * How a client proves itself, and checks that its gateway does (RFC 7296, section 2.15; RFC 5723, section 4.3.3).
 *
 * @module
 */
import type { ClientTicket } from "../../../ticket/client_ticket.ts";
import { sameIdentity } from "../../../ticket/identity.ts";
import type { AuthenticationPayload, IdentificationPayload } from "../../../wire/payload.ts";
import { AUTHENTICATION_METHOD } from "../../authentication/auth_payload.ts";
import { type Credential, verifyAuthentication } from "../../authentication/signed_content.ts";
import { type AwaitingAuthResponse, closed, type InitiatorTransition } from "../../states/initiator_state.ts";
import type { Step } from "../../steps/step.ts";
import type { InitiatorContext } from "../initiator_context.ts";

/** Whether the gateway is the one that it has to be, and its AUTH is right. */
export function* provesItself(
  { first, keys, ticket }: AwaitingAuthResponse,
  claimed: IdentificationPayload,
  auth: AuthenticationPayload,
  context: InitiatorContext,
): Step<boolean> {
  const required = ticket?.responderId ?? context.configuration.peerIdentity;
  if (required && !sameIdentity(claimed, required)) return false;
  if (auth.method !== AUTHENTICATION_METHOD) return false;
  return yield* verifyAuthentication(credentialOf(ticket, context), {
    prf: first.suite.prf,
    skP: keys.skPr,
    realMessage: first.responderMessage,
    peerNonce: first.nonces.initiatorNonce,
    identity: claimed,
  }, auth.data);
}

export function credentialOf(ticket: ClientTicket | undefined, { configuration }: InitiatorContext): Credential {
  return ticket
    ? { kind: "resumption", form: configuration.resumptionAuthentication }
    : { kind: "shared-key", presharedKey: configuration.presharedKey };
}

export function fail(state: AwaitingAuthResponse, reason: "protocol-error" | "authentication-failed"): InitiatorTransition {
  return closed(state.first.spis, reason);
}
