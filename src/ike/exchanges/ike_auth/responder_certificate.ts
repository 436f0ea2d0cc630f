/**
 * A client that proves itself by a certificate, and the gateway's proof in return (RFC 7296, section 2.15; RFC 7427).
 *
 * @module
 */
import type { Identity } from "../../../ticket/identity.ts";
import { findPayload } from "../../message/notify.ts";
import { isSharedKeyMethod } from "../../authentication/auth_payload.ts";
import { authorize } from "../../policy/client_policy.ts";
import type { LaterAnswers } from "../../policy/later_answers.ts";
import type { Payload } from "../../../wire/payload.ts";
import type { Step } from "../../steps/step.ts";
import type { ResponderContext } from "../responder_context.ts";
import { proveByCertificate, verifyByCertificate } from "./certificate_proof.ts";
import { initiatorContent, responderContent } from "./auth_content.ts";
import type { NotProven, ProvenClient, UnprovenRequest } from "./responder_authentication.ts";

/** Whether a client wants to prove itself so, and this gateway lets clients do it. */
export function isByCertificate(payloads: readonly Payload[], { configuration }: ResponderContext): boolean {
  const auth = findPayload(payloads, "AUTH");
  return auth !== undefined && !isSharedKeyMethod(auth.method) && configuration.certificates !== undefined;
}

/** Both signatures come before anything is admitted, claimed or assigned: nothing waits for them but this client. */
export function* authenticateByCertificate(
  { first, keys, payloads, remote }: UnprovenRequest,
  initiatorId: Identity,
  policy: LaterAnswers,
  { configuration, now }: ResponderContext,
): Step<ProvenClient | NotProven> {
  const { certificates } = configuration;
  const auth = findPayload(payloads, "AUTH");
  if (certificates === undefined || auth === undefined) return {};
  const content = initiatorContent(first, keys, initiatorId);
  const verdict = yield* verifyByCertificate(certificates, content, initiatorId, auth, payloads, now);
  if ("refusal" in verdict) return { reason: verdict.refusal };
  const client = {
    identity: initiatorId,
    initiatorId,
    authenticationMethod: auth.method,
    authenticatedAtEpochSeconds: now.epochSeconds,
    certificates: verdict.chain,
    certificatesEndAtEpochSeconds: verdict.endsAtEpochSeconds,
    certificateNames: verdict.ticketNames,
    remote,
  };
  const items = yield* policy.ask((asked) => authorize(client, asked));
  if (items === undefined) return {};
  const ours = responderContent(first, keys, configuration.identity);
  const inReturn = yield* proveByCertificate(certificates, ours, first.initiatorMessage, payloads, now);
  if (inReturn === undefined) return { reason: "the client takes no signature that the gateway can make" };
  return { initiatorId, inReturn, authenticationMethod: auth.method, items };
}
