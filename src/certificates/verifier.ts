/**
 * Whether a peer is who it says, by its certificates and its signature: cheap questions first, and bounded work whatever it sent.
 *
 * @module
 */
import {
  type CertificateClaim,
  type CertificateVerdict,
  type ChainVerdict,
  LONGEST_CERTIFICATE,
  LONGEST_OCSP_RESPONSE,
  MOST_CERTIFICATES,
  MOST_OCSP_RESPONSES,
  type PresentedChain,
  type Signature,
} from "../ike/authentication/certificate_authentication.ts";
import type { Identity } from "../ticket/identity.ts";
import { AuthenticationMethod } from "../wire/constants.ts";
import { formOf, type HashName, type SignatureForm } from "./algorithm_identifiers.ts";
import { type Certificate, KeyUsageFlags, readCertificate } from "./certificate.ts";
import { chainTo } from "./chain.ts";
import { nameInTickets } from "./name_in_tickets.ts";
import { isNamedIn, namesIn } from "./named_in.ts";
import { type EcdsaEncoding, isFormOf, isSignatureOf, type PublicKey } from "./public_key.ts";
import { PresentedCertificates } from "./presented_certificates.ts";
import { readPresented, type Revocations } from "./revocations.ts";

export interface VerifierOptions {
  readonly authorities: readonly Certificate[];
  readonly intermediates: readonly Certificate[];
  readonly revocations: Revocations;
  readonly allowSha1: boolean;
  readonly namesIdentity?: (identity: Identity, certificate: Uint8Array) => boolean | undefined;
}

/** Purposes that an IKE peer's certificate may have, where it has some (RFC 4945, section 5.1.3.12): any, IKE, and TLS's two, as they are common. */
const PURPOSES: ReadonlySet<string> = new Set([
  "2.5.29.37.0",
  "1.3.6.1.5.5.7.3.17",
  "1.3.6.1.5.5.7.3.1",
  "1.3.6.1.5.5.7.3.2",
  "1.3.6.1.5.5.7.3.5",
  "1.3.6.1.5.5.7.3.6",
  "1.3.6.1.5.5.7.3.7",
]);

/** The curve that a method of RFC 4754 names, and its hash. */
const BY_METHOD: ReadonlyMap<number, { readonly curve: string; readonly hash: HashName }> = new Map([
  [AuthenticationMethod.ECDSA_SHA_256_P_256, { curve: "P-256", hash: "SHA-256" }],
  [AuthenticationMethod.ECDSA_SHA_384_P_384, { curve: "P-384", hash: "SHA-384" }],
  [AuthenticationMethod.ECDSA_SHA_512_P_521, { curve: "P-521", hash: "SHA-512" }],
]);

export class Verifier {
  readonly #options: VerifierOptions;

  constructor(options: VerifierOptions) {
    this.#options = options;
  }

  /** The order: what costs least, then possession of the key, then the chain, which is most work. */
  async verify(claim: CertificateClaim): Promise<CertificateVerdict> {
    const { identity, certificates, signature, octets, ocspResponses = [], nowEpochSeconds } = claim;
    if (ocspResponses.length > MOST_OCSP_RESPONSES) return { refusal: `more than ${MOST_OCSP_RESPONSES} OCSP responses came` };
    if (ocspResponses.some(({ length }) => length > LONGEST_OCSP_RESPONSE)) return { refusal: "an OCSP response is too long" };
    const end = endOf(certificates);
    if ("refusal" in end) return end;
    if (!this.#names(end, identity)) return { refusal: "the certificate does not name the identity" };
    if (!await this.#isSigned(end.publicKey, signature, octets)) {
      return { refusal: "AUTH is not signed by the certificate's key" };
    }
    return await this.#leadingTo(end, certificates, ocspResponses, nowEpochSeconds);
  }

  /** The same where possession of the key is proven already. */
  async judge({ identity, certificates, nowEpochSeconds }: PresentedChain): Promise<ChainVerdict> {
    const end = endOf(certificates);
    if ("refusal" in end) return end;
    const proven = await this.#leadingTo(end, certificates, [], nowEpochSeconds);
    if ("refusal" in proven) return proven;
    return { ...proven, names: namesIn(end), namesIdentity: identity !== undefined && this.#names(end, identity) };
  }

  /** Nothing but `true` says so: a promise, from a function that should have answered at once, is no yes. */
  #names(end: Certificate, identity: Identity): boolean {
    return (this.#options.namesIdentity?.(identity, end.der) ?? isNamedIn(end, identity)) === true;
  }

  async #leadingTo(
    end: Certificate,
    certificates: readonly Uint8Array[],
    ocspResponses: readonly Uint8Array[],
    nowEpochSeconds: number,
  ): Promise<CertificateVerdict> {
    const { authorities, intermediates, revocations } = this.#options;
    const chain = await chainTo(end, {
      authorities,
      intermediates,
      presented: new PresentedCertificates(certificates.slice(1)),
      revocations,
      // Read now: who does not have the certificate's key has nothing of it read.
      ocspResponses: readPresented(ocspResponses),
      nowEpochSeconds,
    });
    if ("refusal" in chain) return chain;
    const below = chain.length > 1 ? chain.slice(0, -1) : chain;
    return {
      chain: below.map(({ der }) => der),
      ticketNames: below.map(nameInTickets),
      endsAtEpochSeconds: Math.min(...chain.map(({ validToEpochSeconds }) => validToEpochSeconds)),
    };
  }

  async #isSigned(key: PublicKey, signature: Signature, octets: Uint8Array): Promise<boolean> {
    const { data, method } = signature;
    if (method === AuthenticationMethod.DIGITAL_SIGNATURE) {
      const [length = 0] = data;
      const form = formOf(data.subarray(1, 1 + length));
      return this.#isTaken(form) && await isSignatureOf(key, form, data.subarray(1 + length), octets);
    }
    if (method === AuthenticationMethod.RSA_DIGITAL_SIGNATURE) return await this.#isRsaSigned(key, data, octets);
    const named = BY_METHOD.get(method);
    if (named === undefined || key.kind.kind !== "ecdsa" || key.kind.curve !== named.curve) return false;
    return await isSignatureOf(key, { kind: "ecdsa", hash: named.hash }, data, octets, "pair" satisfies EcdsaEncoding);
  }

  /** The hash is what the signature itself says (RFC 4718, section 3.2): each one that is taken is tried. */
  async #isRsaSigned(key: PublicKey, data: Uint8Array, octets: Uint8Array): Promise<boolean> {
    for (const hash of ["SHA-256", "SHA-384", "SHA-512", "SHA-1"] as const) {
      const form = { kind: "rsa-pkcs1", hash } as const;
      if (!isFormOf(form, key.kind)) return false;
      if (this.#isTaken(form) && await isSignatureOf(key, form, data, octets)) return true;
    }
    return false;
  }

  #isTaken(form: SignatureForm | undefined): form is SignatureForm {
    return form !== undefined && (form.hash !== "SHA-1" || this.#options.allowSha1);
  }
}

/** The peer's own certificate, by itself; or what is wrong with it. */
function endOf(certificates: readonly Uint8Array[]): Certificate | { readonly refusal: string } {
  if (certificates.length === 0) return { refusal: "no certificate came" };
  if (certificates.length > MOST_CERTIFICATES) return { refusal: `more than ${MOST_CERTIFICATES} certificates came` };
  if (certificates.some(({ length }) => length > LONGEST_CERTIFICATE)) return { refusal: "a certificate is too long" };
  try {
    const end = readCertificate(certificates[0]);
    const wrong = wrongAsEnd(end);
    return wrong ? { refusal: wrong } : end;
  } catch (fault) {
    return { refusal: fault instanceof Error ? fault.message : "the certificate cannot be read" };
  }
}

/** A peer's own certificate: its key may sign, and is for this purpose (RFC 4945, sections 5.1.3.2 and 5.1.3.12). */
function wrongAsEnd({ keyUsage, extendedKeyUsage }: Certificate): string | undefined {
  if (keyUsage !== undefined && (keyUsage & (KeyUsageFlags.digitalSignature | KeyUsageFlags.nonRepudiation)) === 0) {
    return "the certificate's key may not sign";
  }
  if (extendedKeyUsage !== undefined && !extendedKeyUsage.some((purpose) => PURPOSES.has(purpose))) {
    return "the certificate is for another purpose than IKE";
  }
  return undefined;
}
