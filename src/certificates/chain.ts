/**
 * The way from a peer's certificate to an authority that is trusted (RFC 5280, section 6.1), by bounded work: peers choose what there is to look at.
 *
 * What is not checked here is not taken: a certificate with a critical extension that means nothing here, or with name constraints, ends the way.
 *
 * @module
 */
import { sameOctets } from "../wire/octets.ts";
import { type Certificate, isInTime, KeyUsageFlags } from "./certificate.ts";
import type { OcspResponse } from "./ocsp_response.ts";
import type { PresentedCertificates } from "./presented_certificates.ts";
import type { Revocations } from "./revocations.ts";
import { isSignatureOf } from "./public_key.ts";

/** Certificates on the way, the peer's own and the authority included. */
const LONGEST_CHAIN = 6;
/** Signatures that are checked for one peer. */
const MOST_SIGNATURES = 16;

/** What a chain may be made of. */
export interface ChainMaterial {
  /** They are trusted. */
  readonly authorities: readonly Certificate[];
  /** Nothing makes these trusted but a chain: those of the configuration, and those that the peer sent. */
  readonly intermediates: readonly Certificate[];
  readonly presented: PresentedCertificates;
  readonly revocations: Revocations;
  /** Those that the peer sent. */
  readonly ocspResponses: readonly OcspResponse[];
  readonly nowEpochSeconds: number;
}

/** From the peer's certificate to the authority, both included; or why there is none, in a few words. */
export async function chainTo(
  end: Certificate,
  material: ChainMaterial,
): Promise<readonly Certificate[] | { readonly refusal: string }> {
  const wrong = wrongAtAll(end, material.nowEpochSeconds);
  if (wrong) return { refusal: wrong };
  // One that the configuration itself names is trusted for what it is.
  if (material.authorities.some(({ der }) => sameOctets(der, end.der))) return [end];
  const search = new Search(material);
  return await search.upFrom([end]) ?? { refusal: search.refusal };
}

class Search {
  readonly #material: ChainMaterial;
  #signaturesLeft = MOST_SIGNATURES;
  refusal = "no certificate of a trusted authority leads to it";

  constructor(material: ChainMaterial) {
    this.#material = material;
  }

  /** Depth first; authorities before others, so that the shortest way is found. */
  async upFrom(chain: readonly Certificate[]): Promise<readonly Certificate[] | undefined> {
    if (chain.length === LONGEST_CHAIN) return undefined;
    const below = chain[chain.length - 1];
    const { authorities, intermediates, presented } = this.#material;
    for (const issuer of authorities) {
      if (await this.#isIssuer(issuer, below, chain) && await this.#isUnrevoked([...chain, issuer])) return [...chain, issuer];
    }
    for (const issuer of [...intermediates, ...presented.of(below.issuer)]) {
      if (chain.some(({ der }) => sameOctets(der, issuer.der))) continue;
      if (!await this.#isIssuer(issuer, below, chain)) continue;
      const found = await this.upFrom([...chain, issuer]);
      if (found) return found;
    }
    return undefined;
  }

  async #isIssuer(issuer: Certificate, below: Certificate, chain: readonly Certificate[]): Promise<boolean> {
    const { nowEpochSeconds } = this.#material;
    if (!isNamedAsIssuer(issuer, below)) return false;
    const wrong = wrongAtAll(issuer, nowEpochSeconds) ?? wrongAsAuthority(issuer, chain);
    if (wrong) return this.#refuse(wrong);
    const { signatureForm } = below;
    if (signatureForm === undefined || signatureForm.hash === "SHA-1") {
      return this.#refuse("signed by an algorithm that is not taken");
    }
    if (this.#signaturesLeft-- <= 0) return this.#refuse("too many certificates");
    if (!await isSignatureOf(issuer.publicKey, signatureForm, below.signature, below.signedOctets)) {
      return this.#refuse("not signed by its issuer");
    }
    return true;
  }

  /** Asked of whole chains only: lists may be long, and are checked with no key that a stranger has made. */
  async #isUnrevoked(chain: readonly Certificate[]): Promise<boolean> {
    const { nowEpochSeconds, revocations, ocspResponses } = this.#material;
    const refusal = await revocations.refusalOf(chain, ocspResponses, nowEpochSeconds);
    return refusal === undefined || this.#refuse(refusal);
  }

  #refuse(refusal: string): false {
    this.refusal = refusal;
    return false;
  }
}

function isNamedAsIssuer(issuer: Certificate, below: Certificate): boolean {
  if (!sameOctets(issuer.subject, below.issuer)) return false;
  const [known, wanted] = [issuer.subjectKeyIdentifier, below.authorityKeyIdentifier];
  return known === undefined || wanted === undefined || known === wanted;
}

function wrongAtAll(certificate: Certificate, nowEpochSeconds: number): string | undefined {
  if (!isInTime(certificate, nowEpochSeconds)) {
    return nowEpochSeconds < certificate.validFromEpochSeconds ? "a certificate is not valid yet" : "a certificate has expired";
  }
  const [extension] = certificate.forbidding;
  return extension && `a certificate has the extension ${extension}, which is not taken here`;
}

/** @param chain what stands below. */
function wrongAsAuthority(issuer: Certificate, chain: readonly Certificate[]): string | undefined {
  if (!issuer.isAuthority) return "a certificate is signed by one that is no authority";
  if (issuer.keyUsage !== undefined && (issuer.keyUsage & KeyUsageFlags.keyCertSign) === 0) {
    return "an authority's key may not sign certificates";
  }
  // Those that an authority issued to itself do not count (RFC 5280, section 4.2.1.9).
  const between = chain.slice(1).filter(({ subject, issuer: above }) => !sameOctets(subject, above)).length;
  return issuer.pathLength !== undefined && between > issuer.pathLength ? "too many authorities below one another" : undefined;
}
