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
import { ISSUER_HASH_LENGTH, issuerHash } from "./name_in_tickets.ts";
import { parseTrusted } from "./parse_der.ts";
import { isSignatureOf } from "./public_key.ts";

/** What lists and OCSP responses say of a certificate that is revoked. */
export const REVOKED = "a certificate was revoked";

/** One list, read once. */
export interface RevocationList {
  readonly issuer: Uint8Array;
  /** Of the issuer's name, as tickets have it. */
  readonly issuerHash: Uint8Array;
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
  const issuer = new Uint8Array(AsnConvert.serialize(tbsCertList.issuer));
  return {
    issuer,
    issuerHash: issuerHash(issuer),
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
  /** Lists that tickets are looked for on: those that an issuer was found to have signed, and those whose issuer is not known here. */
  readonly #ofTickets = new Set<RevocationList>();

  /** @param isRequired Whether a certificate passes only where there is a list that is in time. */
  constructor(lists: readonly RevocationList[], isRequired: boolean) {
    this.#lists = lists;
    this.#isRequired = isRequired;
  }

  get count(): number {
    return this.#lists.length;
  }

  /**
   * Finds out which lists these issuers have signed. One that is in the name of such an issuer and not signed by it counts for nothing; one of another
   * issuer ends tickets, and is judged in the full exchange that follows.
   */
  async checkBy(issuers: readonly Certificate[]): Promise<void> {
    for (const list of this.#lists) {
      const named = issuers.filter(({ subject }) => sameOctets(subject, list.issuer));
      if (named.length === 0) this.#ofTickets.add(list);
      for (const issuer of named) if (await this.#isOf(list, issuer)) this.#ofTickets.add(list);
    }
  }

  /** Whether a list that counts for tickets revokes a certificate, which is named as tickets do. */
  names(name: Uint8Array): boolean {
    for (const { issuerHash, revoked } of this.#ofTickets) {
      if (
        issuerHash.every((octet, at) => octet === name[at]) && revoked.has(toHexadecimal(name.subarray(ISSUER_HASH_LENGTH)))
      ) {
        return true;
      }
    }
    return false;
  }

  /** What speaks against a certificate, in a few words. A list that is out of time proves a revocation, and nothing else. */
  async refusalOf(certificate: Certificate, issuer: Certificate, nowEpochSeconds: number): Promise<string | undefined> {
    let isCovered = false;
    for (const list of this.#lists) {
      if (!sameOctets(list.issuer, issuer.subject) || !await this.#isOf(list, issuer)) continue;
      if (list.revoked.has(certificate.serialNumber)) return REVOKED;
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
