/**
 * What an OCSP response says of a certificate, once it is known who signed it (RFC 6960, sections 3.2 and 4.2.2.2).
 *
 * @module
 */
import { createHash } from "node:crypto";
import { AsnConvert } from "@peculiar/asn1-schema";
import { SubjectPublicKeyInfo } from "@peculiar/asn1-x509";
import { toHexadecimal } from "../wire/hexadecimal.ts";
import { sameOctets } from "../wire/octets.ts";
import { type Certificate, isInTime, KeyUsageFlags, readCertificate } from "./certificate.ts";
import type { CertificateIdHash, OcspResponse, StatedStatus } from "./ocsp_response.ts";
import { isSignatureOf } from "./public_key.ts";

/** How far clocks may differ, in seconds: a response counts so long before its time begins, and after it is over. */
export const OCSP_SKEW_SECONDS = 300;

const OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";
/** Certificates that are looked at for a response's signer. */
const MOST_SIGNERS = 2;

/** Says whether a certificate that may sign responses was revoked itself. */
export type IsRevokedByList = (certificate: Certificate, issuer: Certificate) => Promise<boolean>;

/** Who signed responses: found out once for each response and issuer. */
export class OcspSigners {
  readonly #known = new WeakMap<OcspResponse, Map<string, Promise<Certificate | undefined>>>();

  /**
   * What a response says now. `undefined`: nothing of this certificate, nothing that counts now, or it is not signed by its issuer, nor by whom the
   * issuer has made its responder. What was revoked once stays so, also when the response is out of time.
   */
  async statusOf(
    response: OcspResponse,
    certificate: Certificate,
    issuer: Certificate,
    nowEpochSeconds: number,
    isRevokedByList: IsRevokedByList,
  ): Promise<StatedStatus["status"] | undefined> {
    const counting = response.statuses.filter((one) =>
      isAbout(one, certificate, issuer) && (one.status === "revoked" || isCurrent(one, nowEpochSeconds))
    );
    if (counting.length === 0) return undefined;
    const signer = await this.#signerOf(response, issuer);
    if (signer === undefined) return undefined;
    if (signer !== issuer && (!isInTime(signer, nowEpochSeconds) || await isRevokedByList(signer, issuer))) return undefined;
    const all = counting.map(({ status }) => status);
    return (["revoked", "unknown"] as const).find((status) => all.includes(status)) ?? "good";
  }

  #signerOf(response: OcspResponse, issuer: Certificate): Promise<Certificate | undefined> {
    const known = this.#known.get(response) ?? new Map<string, Promise<Certificate | undefined>>();
    this.#known.set(response, known);
    const key = `${toHexadecimal(issuer.subject)} ${toHexadecimal(issuer.publicKey.spki)}`;
    let signer = known.get(key);
    if (signer === undefined) known.set(key, signer = findSigner(response, issuer));
    return signer;
  }
}

/** Whether this is about that certificate, and in DER of the same serial number. */
export function isAbout(stated: StatedStatus, { serialNumber }: Certificate, issuer: Certificate): boolean {
  return stated.serialNumber === serialNumber && stated.issuerNameHash === hashOf(stated.hash, issuer.subject) &&
    stated.issuerKeyHash === keyBitsHash(stated.hash, issuer);
}

export function isCurrent({ fromEpochSeconds, toEpochSeconds }: StatedStatus, nowEpochSeconds: number): boolean {
  return fromEpochSeconds - OCSP_SKEW_SECONDS <= nowEpochSeconds && nowEpochSeconds <= toEpochSeconds + OCSP_SKEW_SECONDS;
}

async function findSigner(response: OcspResponse, issuer: Certificate): Promise<Certificate | undefined> {
  const { signatureForm, responder } = response;
  if (signatureForm === undefined || signatureForm.hash === "SHA-1") return undefined;
  const isNamed = (one: Certificate) =>
    "name" in responder ? sameOctets(responder.name, one.subject) : responder.keyHash === keyBitsHash("sha1", one);
  const isSignedBy = async (one: Certificate) =>
    await isSignatureOf(one.publicKey, signatureForm, response.signature, response.signedOctets);
  if (isNamed(issuer) && await isSignedBy(issuer)) return issuer;
  for (const der of response.certificates.slice(0, MOST_SIGNERS)) {
    let signer: Certificate;
    try {
      signer = readCertificate(der);
    } catch {
      continue;
    }
    if (isNamed(signer) && await isResponderOf(signer, issuer) && await isSignedBy(signer)) return signer;
  }
  return undefined;
}

/** Whom the issuer itself has made its responder (RFC 6960, section 4.2.2.2). Whether its time has come is asked each time. */
async function isResponderOf(signer: Certificate, issuer: Certificate): Promise<boolean> {
  const { signatureForm, extendedKeyUsage, keyUsage, forbidding } = signer;
  if (!sameOctets(signer.issuer, issuer.subject) || !extendedKeyUsage?.includes(OCSP_SIGNING) || forbidding.length > 0) {
    return false;
  }
  if (keyUsage !== undefined && (keyUsage & (KeyUsageFlags.digitalSignature | KeyUsageFlags.nonRepudiation)) === 0) {
    return false;
  }
  if (signatureForm === undefined || signatureForm.hash === "SHA-1") return false;
  return await isSignatureOf(issuer.publicKey, signatureForm, signer.signature, signer.signedOctets);
}

function hashOf(hash: CertificateIdHash, octets: Uint8Array): string {
  return createHash(hash).update(octets).digest("hex");
}

/** Of the bit string in SubjectPublicKeyInfo, without its tag, length and unused bits (RFC 6960, section 4.1.1). */
function keyBitsHash(hash: CertificateIdHash, certificate: Certificate): string {
  const bits = AsnConvert.parse(certificate.publicKey.spki, SubjectPublicKeyInfo).subjectPublicKey;
  return hashOf(hash, new Uint8Array(bits));
}
