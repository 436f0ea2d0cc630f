/**
 * How a client proves itself, and checks that its gateway does (RFC 7296, section 2.15; RFC 5723, section 4.3.3).
 *
 * @module
 */
import type { ClientTicket } from "../../../ticket/client_ticket.ts";
import { type Identity, sameIdentity } from "../../../ticket/identity.ts";
import type { AuthenticationPayload, IdentificationPayload, Payload } from "../../../wire/payload.ts";
import { AUTHENTICATION_METHOD, authPayload } from "../../authentication/auth_payload.ts";
import { authenticate, type Credential, verifyAuthentication } from "../../authentication/signed_content.ts";
import type { IkeSaKeys } from "../../ike_sa/ike_sa_keys.ts";
import type { InitiatorConfiguration } from "../../policy/initiator_configuration.ts";
import type { FirstExchange } from "../../states/first_exchange.ts";
import { type AwaitingAuthResponse, closed, type InitiatorTransition } from "../../states/initiator_state.ts";
import type { Step } from "../../steps/step.ts";
import type { InitiatorContext } from "../initiator_context.ts";
import { initiatorContent, responderContent } from "./auth_content.ts";
import { type OwnProof, proveByCertificate, verifyByCertificate } from "./certificate_proof.ts";

/** This end's proof, by its ticket, its certificate or its shared key. `undefined`: the gateway takes no signature that it can make. */
export function* prove(
  first: FirstExchange,
  keys: IkeSaKeys,
  ticket: ClientTicket | undefined,
  context: InitiatorContext,
): Step<OwnProof | undefined> {
  const { identity, certificates } = context.configuration;
  const content = initiatorContent(first, keys, identity);
  if (!ticket && certificates && certificates.own.length > 0) {
    return yield* proveByCertificate(certificates, content, first.responderMessage, [], context.now);
  }
  const credential = credentialOf(ticket, context);
  return credential && { certificates: [], auth: authPayload(yield* authenticate(credential, content)) };
}

/**
 * Whether the gateway is the one that it has to be, and its AUTH is right: by the ticket's keys, by a certificate where this end knows of any, else by
 * the shared key.
 */
export function* provesItself(
  { first, keys, ticket }: AwaitingAuthResponse,
  claimed: IdentificationPayload,
  auth: AuthenticationPayload,
  payloads: readonly Payload[],
  context: InitiatorContext,
): Step<boolean> {
  const { certificates } = context.configuration;
  const required = gatewayOf(ticket, context.configuration);
  if (required && !sameIdentity(claimed, required)) return false;
  const content = responderContent(first, keys, claimed);
  if (certificates && !ticket) {
    const verdict = yield* verifyByCertificate(certificates, content, claimed, auth, payloads, context.now);
    return !("refusal" in verdict);
  }
  const credential = credentialOf(ticket, context);
  if (auth.method !== AUTHENTICATION_METHOD || credential === undefined) return false;
  return yield* verifyAuthentication(credential, content, auth.data);
}

/** Who the gateway has to be: the one that issued the ticket, where its profile binds it to that, else the one that is asked for. */
export function gatewayOf(
  ticket: ClientTicket | undefined,
  { profile, peerIdentity }: InitiatorConfiguration,
): Identity | undefined {
  return (profile.bindsResponderId ? ticket?.responderId : undefined) ?? peerIdentity;
}

function credentialOf(ticket: ClientTicket | undefined, { configuration }: InitiatorContext): Credential | undefined {
  if (ticket) return { kind: "resumption", form: configuration.resumptionAuthentication };
  const { presharedKey } = configuration;
  return presharedKey && { kind: "shared-key", presharedKey };
}

export function fail(state: AwaitingAuthResponse, reason: "protocol-error" | "authentication-failed"): InitiatorTransition {
  return closed(state.first.spis, reason);
}
