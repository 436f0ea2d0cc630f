/**
 * IKE_AUTH requests that lead to no IKE SA: what is answered, and told.
 *
 * @module
 */
import type { Identity } from "../../../ticket/identity.ts";
import { NotifyType } from "../../../wire/constants.ts";
import type { Header } from "../../../wire/header.ts";
import type { Message } from "../../../wire/message.ts";
import type { Payload } from "../../../wire/payload.ts";
import type { WireError } from "../../../wire/wire_error.ts";
import { wipeIkeSaKeys } from "../../ike_sa/ike_sa_keys.ts";
import type { SpiPair } from "../../ike_sa/spi.ts";
import { notify } from "../../message/notify.ts";
import { identityOf, type ProtectionContext, sealMessage } from "../../message/protected_message.ts";
import type { ResponderConfiguration } from "../../policy/responder_configuration.ts";
import type { Effect } from "../../states/effect.ts";
import type { Datagram } from "../../steps/datagram.ts";
import type { Step } from "../../steps/step.ts";
import { ticketRefusal } from "../../tickets/ticket_request.ts";
import { reply } from "../reply.ts";
import type { ResponderContext } from "../responder_context.ts";
import type { AuthAnswer, RefusedClaim } from "./auth_answer.ts";

/** Refuses a request. Only this answer is left of the IKE SA, to be sent again. */
export function* refuse(
  message: Message,
  protection: ProtectionContext,
  payloads: readonly Payload[],
): Step<Extract<AuthAnswer, { kind: "refused" }>> {
  const response = yield* sealMessage(protection, responseHeaderOf(message), payloads);
  wipeIkeSaKeys(protection.keys);
  const request = identityOf(message, protection.fragments);
  return { kind: "refused", response, next: { waitsFor: "repeated request", request, response } };
}

/** A client that has not proven itself is refused in the same words, whatever was wrong. */
export function* refuseClaim(
  message: Message,
  protection: ProtectionContext,
  requested: readonly Payload[],
  claim: RefusedClaim,
  { configuration }: Pick<ResponderContext, "configuration">,
): Step<Extract<AuthAnswer, { kind: "refused" }>> {
  return { ...yield* refuse(message, protection, refusalPayloads(requested, configuration)), claim };
}

/** What is sent and told of a refusal. */
export function refused(
  { response, claim, to, reason = "authentication-failed" }: Extract<AuthAnswer, { kind: "refused" }>,
  spis: SpiPair,
  request: Datagram,
): Effect[] {
  return [
    reply(response, request),
    ...(claim ? [{ type: "authentication-failed", spis, ...claim, remote: request.remote } as const] : []),
    ...(to ? [{ type: "client-redirected", to, remote: request.remote, proven: true } as const] : []),
    { type: "ike-sa-down", spis, reason, remote: request.remote },
  ];
}

export function refusalPayloads(requested: readonly Payload[], { profiles }: ResponderConfiguration): Payload[] {
  return [notify(NotifyType.AUTHENTICATION_FAILED), ...ticketRefusal(requested, profiles)];
}

export function claimOf(method: RefusedClaim["method"], claimed: Identity | undefined, detail?: string): RefusedClaim {
  const told = detail === undefined ? { method } : { method, detail };
  if (claimed === undefined) return told;
  const { idType, identification } = claimed;
  return { ...told, claimedId: { idType, identification: identification.slice(0, LONGEST_CLAIM) } };
}

/** Octets: what is longer is nobody's identity. */
const LONGEST_CLAIM = 256;

/** Refuses a request that is authentic, but cannot be read. */
export function refuseUnreadable(
  message: Message,
  protection: ProtectionContext,
  error: WireError,
): Step<Extract<AuthAnswer, { kind: "refused" }>> {
  return refuse(
    message,
    protection,
    error.kind === "critical-payload"
      ? [notify(NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD, Uint8Array.of(error.payloadType ?? 0))]
      : [notify(NotifyType.INVALID_SYNTAX)],
  );
}

/** The header of the response to IKE_AUTH, or to IKE_INTERMEDIATE before it. */
export function responseHeaderOf({ header: { initiatorSpi, responderSpi, exchangeType, messageId } }: Message): Header {
  return { initiatorSpi, responderSpi, exchangeType, fromInitiator: false, isResponse: true, messageId };
}
