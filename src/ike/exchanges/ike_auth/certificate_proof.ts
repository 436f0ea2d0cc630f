/**
 * Proof by certificate, the same at both ends: CERTREQ and SIGNATURE_HASH_ALGORITHMS, CERT and AUTH (RFC 7296, sections 2.15 and 3.6 to 3.8; RFC
 * 7427). Signatures are made and checked elsewhere: the step waits for them, and nobody else does.
 *
 * @module
 */
import { CertificateEncoding, NotifyType } from "../../../wire/constants.ts";
import { decodeMessage } from "../../../wire/message.ts";
import type {
  AuthenticationPayload,
  CertificatePayload,
  CertificateRequestPayload,
  NotifyPayload,
  Payload,
} from "../../../wire/payload.ts";
import type { Identity } from "../../../ticket/identity.ts";
import {
  type CertificateAuthentication,
  type CertificateCredential,
  type CertificateVerdict,
  credentialFor,
} from "../../authentication/certificate_authentication.ts";
import { type SignedContent, signedOctetsOf } from "../../authentication/signed_content.ts";
import { findNotify, notify } from "../../message/notify.ts";
import { certificatesOf } from "../../policy/client_policy.ts";
import type { Instant } from "../../steps/instant.ts";
import { outcomeOf, type Step } from "../../steps/step.ts";

const X509 = CertificateEncoding.X509_CERTIFICATE_SIGNATURE;
const OCSP = CertificateEncoding.OCSP_CONTENT;
/** Any responder will do: whom the issuer trusts is known when its certificate is (RFC 4806, section 3.1). */
const ANY_RESPONDER = new Uint8Array();

/** N(SIGNATURE_HASH_ALGORITHMS), where this end knows certificates (RFC 7427, section 4). */
export function signatureHashPayloads(certificates: CertificateAuthentication | undefined): NotifyPayload[] {
  if (certificates === undefined) return [];
  const numbers = certificates.signatureHashes.flatMap((number) => [number >> 8, number & 0xff]);
  return [notify(NotifyType.SIGNATURE_HASH_ALGORITHMS, Uint8Array.from(numbers))];
}

/**
 * The authorities that this end trusts: a hint (RFC 7296, section 3.7). In a payload of its own, as RFC 4806, section 4.1 demands, that it wants an
 * OCSP response.
 */
export function certificateRequestPayloads(certificates: CertificateAuthentication | undefined): CertificateRequestPayload[] {
  if (certificates === undefined) return [];
  return [
    { type: "CERTREQ", encoding: X509, certificationAuthority: certificates.authorityHashes },
    ...(certificates.asksOcsp ? [{ type: "CERTREQ", encoding: OCSP, certificationAuthority: ANY_RESPONDER } as const] : []),
  ];
}

/** What a gateway says of it in IKE_SA_INIT: it answers SIGNATURE_HASH_ALGORITHMS only to those who know it. */
export function initResponsePayloads(
  certificates: CertificateAuthentication | undefined,
  request: readonly Payload[],
): readonly Payload[] {
  if (certificates === undefined) return [];
  const isKnown = findNotify(request, NotifyType.SIGNATURE_HASH_ALGORITHMS) !== undefined;
  return [...certificateRequestPayloads(certificates), ...(isKnown ? signatureHashPayloads(certificates) : [])];
}

/** This end's proof. */
export interface OwnProof {
  /** None with another proof than by certificate. */
  readonly certificates: readonly CertificatePayload[];
  readonly auth: AuthenticationPayload;
}

/**
 * Makes this end's proof; `undefined`: it has none that the peer takes, or the signature failed.
 *
 * @param theirFirst the peer's first message, which says what signatures it takes, and perhaps whom it trusts.
 * @param theirPayloads payloads in which the peer may have said whom it trusts.
 */
export function* proveByCertificate(
  certificates: CertificateAuthentication,
  content: SignedContent,
  theirFirst: Uint8Array,
  theirPayloads: readonly Payload[],
  { epochSeconds }: Instant,
): Step<OwnProof | undefined> {
  // Read again rather than kept: a half-open IKE SA is no larger for it.
  const decoded = decodeMessage(theirFirst);
  const first = decoded.ok ? decoded.value.payloads : [];
  const credential = credentialFor(certificates, [...authoritiesOf(first), ...authoritiesOf(theirPayloads)]);
  if (credential === undefined) return undefined;
  const octets = yield* signedOctetsOf(content);
  const signed = yield* outcomeOf("signature", credential.sign(octets, signatureHashesOf(first)));
  if (signed.kind === "failed") return undefined;
  const { method, data } = signed.value;
  const ocspResponse = asksForOcsp(first) || asksForOcsp(theirPayloads)
    ? yield* ocspResponseOf(credential, epochSeconds)
    : undefined;
  return {
    certificates: [
      ...credential.certificates.map((certificate) => ({ type: "CERT", encoding: X509, certificate } as const)),
      ...(ocspResponse ? [{ type: "CERT", encoding: OCSP, certificate: ocspResponse } as const] : []),
    ],
    auth: { type: "AUTH", method, data },
  };
}

/** A peer that needs it says so by refusing this end: there is no other harm where it cannot be had. */
function* ocspResponseOf({ ocspResponse }: CertificateCredential, nowEpochSeconds: number): Step<Uint8Array | undefined> {
  if (ocspResponse === undefined) return undefined;
  const outcome = yield* outcomeOf("OCSP response", ocspResponse(nowEpochSeconds));
  return outcome.kind === "answered" ? outcome.value : undefined;
}

function asksForOcsp(payloads: readonly Payload[]): boolean {
  return payloads.some((payload) => payload.type === "CERTREQ" && payload.encoding === OCSP);
}

/** Judges the peer's proof. */
export function* verifyByCertificate(
  certificates: CertificateAuthentication,
  content: SignedContent,
  identity: Identity,
  { method, data }: AuthenticationPayload,
  payloads: readonly Payload[],
  { epochSeconds }: Instant,
): Step<CertificateVerdict> {
  const octets = yield* signedOctetsOf(content);
  // Copies: what came is not held longer than its message, and another thread may look at it later.
  const verdict = yield* outcomeOf(
    "certificates",
    certificates.verify({
      identity: { idType: identity.idType, identification: identity.identification.slice() },
      certificates: certificatesOf(payloads),
      ocspResponses: ocspResponsesOf(payloads),
      signature: { method, data: data.slice() },
      octets,
      nowEpochSeconds: epochSeconds,
    }),
  );
  return verdict.kind === "answered" ? verdict.value : { refusal: "the certificates could not be judged" };
}

/** Copies. */
function ocspResponsesOf(payloads: readonly Payload[]): Uint8Array[] {
  return payloads.flatMap((payload) =>
    payload.type === "CERT" && payload.encoding === OCSP ? [payload.certificate.slice()] : []
  );
}

function authoritiesOf(payloads: readonly Payload[]): Uint8Array[] {
  return payloads.flatMap((payload) =>
    payload.type === "CERTREQ" && payload.encoding === X509 ? [payload.certificationAuthority] : []
  );
}

/** `undefined`: the peer does not know RFC 7427. */
function signatureHashesOf(payloads: readonly Payload[]): readonly number[] | undefined {
  const data = findNotify(payloads, NotifyType.SIGNATURE_HASH_ALGORITHMS)?.data;
  return data && Array.from({ length: data.length >> 1 }, (_, index) => data[2 * index] << 8 | data[2 * index + 1]);
}
