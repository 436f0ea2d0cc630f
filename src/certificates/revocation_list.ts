/**
 * Certificate revocation lists (RFC 5280, section 5), as the configuration gives them.
 *
 * @module
 */
import { AsnConvert } from "@peculiar/asn1-schema";
import { CertificateList } from "@peculiar/asn1-x509";
import { toHexadecimal } from "../wire/hexadecimal.ts";
import { sameOctets } from "../wire/octets.ts";
import { formOf, type SignatureForm } from "./algorithm_identifiers.ts";
import { type Certificate, epochSecondsOf, KeyUsageFlags } from "./certificate.ts";
import { parseTrusted } from "./parse_der.ts";
import { isSignatureOf } from "./public_key.ts";

/** One list, read once. */
export interface RevocationList {
  readonly issuer: Uint8Array;
  readonly signedOctets: Uint8Array;
  readonly signature: Uint8Array;
  readonly signatureForm: SignatureForm | undefined;
  /** Seconds since 1970. */
  readonly fromEpochSeconds: number;
  /** Seconds since 1970. A list that names none is not taken (RFC 5280, section 5.1.2.5). */
  readonly toEpochSeconds: number;
  /** Serial numbers, in hexadecimal digits. */
  readonly revoked: ReadonlySet<string>;
}

/** Of these, CRL number and the identifier of the authority's key alone limit nothing. */
const HARMLESS: ReadonlySet<string> = new Set(["2.5.29.20", "2.5.29.35"]);

/** @throws {RangeError} why it cannot be read, or is of a kind that is not taken: a delta, or one for a part of the certificates. */
export function readRevocationList(der: Uint8Array): RevocationList {
  let list: CertificateList;
  try {
    list = parseTrusted(der, CertificateList);
  } catch (fault) {
    throw new RangeError("revocation list: cannot be read", { cause: fault });
  }
  const { tbsCertList, tbsCertListRaw, signatureAlgorithm, signature } = list;
  const limiting = tbsCertList.crlExtensions?.find(({ extnID, critical }) => critical && !HARMLESS.has(extnID));
  if (limiting) throw new RangeError(`revocation list: has the critical extension ${limiting.extnID}, which is not taken here`);
  const entries = tbsCertList.revokedCertificates ?? [];
  return {
    issuer: new Uint8Array(AsnConvert.serialize(tbsCertList.issuer)),
    signedOctets: new Uint8Array(tbsCertListRaw!),
    signature: new Uint8Array(signature),
    signatureForm: formOf(new Uint8Array(AsnConvert.serialize(signatureAlgorithm))),
    fromEpochSeconds: epochSecondsOf(tbsCertList.thisUpdate),
    toEpochSeconds: tbsCertList.nextUpdate ? epochSecondsOf(tbsCertList.nextUpdate) : -Infinity,
    revoked: new Set(entries.map(({ userCertificate }) => toHexadecimal(new Uint8Array(userCertificate)))),
  };
}

export class RevocationLists {
  readonly #lists: readonly RevocationList[];
  readonly #isRequired: boolean;
  /** Lists whose signature is known to be right, by the key that made it. */
  readonly #checked = new WeakMap<RevocationList, Uint8Array>();

  /** @param isRequired Whether a certificate passes only where there is a list that is in time. */
  constructor(lists: readonly RevocationList[], isRequired: boolean) {
    this.#lists = lists;
    this.#isRequired = isRequired;
  }

  /** What speaks against a certificate, in a few words. A list that is out of time proves a revocation, and nothing else. */
  async refusalOf(certificate: Certificate, issuer: Certificate, nowEpochSeconds: number): Promise<string | undefined> {
    let isCovered = false;
    for (const list of this.#lists) {
      if (!sameOctets(list.issuer, issuer.subject) || !await this.#isOf(list, issuer)) continue;
      if (list.revoked.has(certificate.serialNumber)) return "a certificate was revoked";
      if (list.fromEpochSeconds <= nowEpochSeconds && nowEpochSeconds <= list.toEpochSeconds) isCovered = true;
    }
    return this.#isRequired && !isCovered ? "there is no revocation list in time for a certificate" : undefined;
  }

  async #isOf(list: RevocationList, issuer: Certificate): Promise<boolean> {
    const { spki } = issuer.publicKey;
    const known = this.#checked.get(list);
    if (known && sameOctets(known, spki)) return true;
    if (issuer.keyUsage !== undefined && (issuer.keyUsage & KeyUsageFlags.cRLSign) === 0) return false;
    const { signatureForm } = list;
    if (signatureForm === undefined || signatureForm.hash === "SHA-1") return false;
    const isRight = await isSignatureOf(issuer.publicKey, signatureForm, list.signature, list.signedOctets);
    if (isRight) this.#checked.set(list, spki);
    return isRight;
  }
}
