/**
 * OCSP responses (RFC 6960, section 4.2), as far as the status of a certificate needs them. Whoever gives them may be anyone: nothing counts before the
 * signature, and nothing is parsed that is too long.
 *
 * @module
 */
import { AsnConvert } from "@peculiar/asn1-schema";
import {
  BasicOCSPResponse,
  id_pkix_ocsp_basic,
  OCSPResponse,
  OCSPResponseStatus,
  type SingleResponse,
} from "@peculiar/asn1-ocsp";
import { LONGEST_OCSP_RESPONSE } from "../ike/authentication/certificate_authentication.ts";
import { toHexadecimal } from "../wire/hexadecimal.ts";
import { formOf, type SignatureForm } from "./algorithm_identifiers.ts";
import { elementsOf, parseHostile } from "./parse_der.ts";

/** One response, read once. */
export interface OcspResponse {
  readonly der: Uint8Array;
  readonly signedOctets: Uint8Array;
  readonly signature: Uint8Array;
  /** `undefined`: of an algorithm that is not taken. */
  readonly signatureForm: SignatureForm | undefined;
  /** Who signed it, as it says itself: by name, DER, or by the SHA-1 hash of the key's bits. */
  readonly responder: { readonly name: Uint8Array } | { readonly keyHash: string };
  readonly statuses: readonly StatedStatus[];
  /** What it brings for its signer, DER, unread. */
  readonly certificates: readonly Uint8Array[];
}

/** What it says of one certificate. */
export interface StatedStatus {
  readonly hash: CertificateIdHash;
  /** Hashes of the issuer's name and of its key's bits, and the serial number: hexadecimal digits. */
  readonly issuerNameHash: string;
  readonly issuerKeyHash: string;
  readonly serialNumber: string;
  readonly status: "good" | "revoked" | "unknown";
  /** Seconds since 1970. */
  readonly fromEpochSeconds: number;
  /** Seconds since 1970. Of one that names no next update, when it was made: newer information is there at any time (RFC 6960, section 2.4). */
  readonly toEpochSeconds: number;
}

export type CertificateIdHash = "sha1" | "sha256";

const HASHES: ReadonlyMap<string, CertificateIdHash> = new Map([
  ["1.3.14.3.2.26", "sha1"],
  ["2.16.840.1.101.3.4.2.1", "sha256"],
]);

/** @throws {RangeError} why it cannot be read, or says nothing. */
export function readOcspResponse(der: Uint8Array): OcspResponse {
  if (der.length > LONGEST_OCSP_RESPONSE) {
    throw new RangeError(`OCSP response: ${der.length} octets, expected at most ${LONGEST_OCSP_RESPONSE}`);
  }
  try {
    return read(der);
  } catch (fault) {
    if (fault instanceof RangeError && fault.message.startsWith(SUBJECT)) throw fault;
    throw new RangeError(`${SUBJECT} cannot be read`, { cause: fault });
  }
}

const SUBJECT = "OCSP response:";

function read(der: Uint8Array): OcspResponse {
  // Of what is outside, all has to be DER, because nobody has signed it.
  elementsOf(der);
  const { responseStatus, responseBytes } = parseHostile(der, OCSPResponse);
  if (responseStatus !== OCSPResponseStatus.successful) {
    throw new RangeError(`${SUBJECT} its status is ${responseStatus}, expected successful`);
  }
  if (responseBytes?.responseType !== id_pkix_ocsp_basic) throw new RangeError(`${SUBJECT} not of the basic type`);
  const inner = new Uint8Array(responseBytes.response.buffer);
  const [signedOctets, , , certificates] = elementsOf(inner);
  const { tbsResponseData, signatureAlgorithm, signature } = parseHostile(inner, BasicOCSPResponse);
  const { responderID: { byName, byKey }, responses, responseExtensions = [] } = tbsResponseData;
  if (responseExtensions.some(({ critical }) => critical)) throw new RangeError(`${SUBJECT} has a critical extension`);
  if (byName === undefined && byKey === undefined) throw new RangeError(`${SUBJECT} names no responder`);
  return {
    der,
    signedOctets,
    signature: new Uint8Array(signature),
    signatureForm: formOf(new Uint8Array(AsnConvert.serialize(signatureAlgorithm))),
    responder: byName
      ? { name: new Uint8Array(AsnConvert.serialize(byName)) }
      : { keyHash: toHexadecimal(new Uint8Array(byKey!.buffer)) },
    statuses: responses.flatMap(statusOf),
    certificates: certificates === undefined ? [] : elementsOf(certificates).flatMap(elementsOf),
  };
}

/** None, where the certificate is named by a hash that nobody asks by, or a critical extension says what is not understood. */
function statusOf({ certID, certStatus, thisUpdate, nextUpdate, singleExtensions = [] }: SingleResponse): StatedStatus[] {
  const hash = HASHES.get(certID.hashAlgorithm.algorithm);
  if (hash === undefined || singleExtensions.some(({ critical }) => critical)) return [];
  const fromEpochSeconds = thisUpdate.getTime() / 1_000;
  return [{
    hash,
    issuerNameHash: toHexadecimal(new Uint8Array(certID.issuerNameHash.buffer)),
    issuerKeyHash: toHexadecimal(new Uint8Array(certID.issuerKeyHash.buffer)),
    serialNumber: toHexadecimal(new Uint8Array(certID.serialNumber)),
    status: certStatus.revoked ? "revoked" : certStatus.good !== undefined ? "good" : "unknown",
    fromEpochSeconds,
    toEpochSeconds: nextUpdate ? nextUpdate.getTime() / 1_000 : fromEpochSeconds,
  }];
}
