/**
 * What IKE_AUTH needs of certificates and signatures (RFC 7296, sections 2.15 and 3.6 to 3.8; RFC 7427): what X.509 is, this room does not know.
 * Another one implements it, and answers by promises: a signature may take another thread longer than a whole wave does.
 *
 * @module
 */
import type { Identity } from "../../ticket/identity.ts";

/** How an end proves itself and judges others, where certificates are the means. Made by `loadCertificates`. */
export interface CertificateAuthentication {
  /** What this end can prove itself with, in order of preference; none: it only judges others. */
  readonly own: readonly CertificateCredential[];
  /** The content of CERTREQ: the SHA-1 hash of each trusted authority's SubjectPublicKeyInfo, 20 octets each (RFC 7296, section 3.7). */
  readonly authorityHashes: Uint8Array;
  /** For SIGNATURE_HASH_ALGORITHMS: the hashes of signatures that are taken here, by IANA number (RFC 7427, section 4; RFC 8420). */
  readonly signatureHashes: readonly number[];
  /** Whether peers are asked for OCSP responses about their certificates (RFC 4806). */
  readonly asksOcsp?: boolean;
  /**
   * Whether one of the certificates by which a client once proved itself was revoked since, by their names in its ticket. `undefined`: its ticket names
   * none. It has to answer at once.
   */
  readonly isRevoked?: (names: readonly Uint8Array[] | undefined) => boolean;
  /** Judges a peer. Its work is bounded whatever came. */
  verify(claim: CertificateClaim): Promise<CertificateVerdict>;
  /** Judges the certificates of a peer that has shown elsewhere, as in a TLS handshake, that it has the key of the first. Bounded likewise. */
  judge(chain: PresentedChain): Promise<ChainVerdict>;
}

/** A private key with its certificate. */
export interface CertificateCredential {
  /** DER: this end's own first, then those that lead to an authority, which is left out. */
  readonly certificates: readonly Uint8Array[];
  /** The SHA-1 hashes of the keys of all that stand above its certificate, as far as they are known; 20 octets each. */
  readonly issuerHashes: readonly Uint8Array[];
  /** The subject of its certificate, DER: for ID_DER_ASN1_DN. */
  readonly subject: Uint8Array;
  /** The OCSP response about its certificate, DER, for a peer that asks for it (RFC 4806); `undefined`: there is none. */
  readonly ocspResponse?: (nowEpochSeconds: number) => Promise<Uint8Array | undefined>;
  /**
   * Signs what AUTH covers.
   *
   * @param peerHashes those that the peer takes (RFC 7427); `undefined`: it does not say, and is met with the methods of before.
   * @throws {Error} rejects: there is no form of signature that both ends take.
   */
  sign(octets: Uint8Array, peerHashes: readonly number[] | undefined): Promise<Signature>;
}

/** AUTH's method, and its data. */
export interface Signature {
  /** The AUTH method (RFC 7296, section 3.8): 1 = RSA, 14 = a digital signature (RFC 7427), others as IANA has them. */
  readonly method: number;
  /** The data of AUTH, with the algorithm in front where the method has one there. */
  readonly data: Uint8Array;
}

/** What a peer says and has proven, or not. All of it is hostile. */
export interface CertificateClaim {
  /** Of the ID payload. */
  readonly identity: Identity;
  /** X.509, DER: its own first, as they came. */
  readonly certificates: readonly Uint8Array[];
  /** OCSP responses, DER, as they came (RFC 4806). Not given: none. */
  readonly ocspResponses?: readonly Uint8Array[];
  /** Its AUTH. */
  readonly signature: Signature;
  /** What AUTH covers. */
  readonly octets: Uint8Array;
  /** Seconds since 1970. */
  readonly nowEpochSeconds: number;
}

/** Certificates of a peer that has the key of the first. All of it is hostile. */
export interface PresentedChain {
  /** Whom the first may name: without it, all that it names are told and nothing is compared. */
  readonly identity?: Identity;
  /** X.509, DER: the peer's own first, as they came. */
  readonly certificates: readonly Uint8Array[];
  /** Seconds since 1970. */
  readonly nowEpochSeconds: number;
}

/** Certificates that lead to an authority, and whom the first names. */
export interface NamedCertificate extends ProvenCertificate {
  /** Mailboxes, host names, addresses, and the distinguished name last. At least that one. */
  readonly names: readonly Identity[];
  /** Whether it names the identity that was asked about. */
  readonly namesIdentity: boolean;
}

/** `refusal`: why, in a few words for people. */
export type ChainVerdict = NamedCertificate | { readonly refusal: string };

/** `refusal`: why, in a few words for people. */
export type CertificateVerdict = ProvenCertificate | { readonly refusal: string };

/** What has been proven by a certificate. */
export interface ProvenCertificate {
  /** The peer's certificate, then those up to the authority, which is not in it; DER. */
  readonly chain: readonly Uint8Array[];
  /** What tickets remember of each of them, 1 to 65,535 octets, for {@link CertificateAuthentication.isRevoked}. Not given: nothing. */
  readonly ticketNames?: readonly Uint8Array[];
  /** Seconds since 1970: the first of the chain that ends, ends then. */
  readonly endsAtEpochSeconds: number;
}

/** Certificates that are looked at in one message: no chain of use is longer. */
export const MOST_CERTIFICATES = 8;
/** Octets of one. */
export const LONGEST_CERTIFICATE = 8_192;
/** OCSP responses that are looked at in one message, and the octets of one, which holds its signer's certificate as a rule. */
export const MOST_OCSP_RESPONSES = 4;
export const LONGEST_OCSP_RESPONSE = 8_192;
/** Octets of a hash in CERTREQ. */
const AUTHORITY_HASH_LENGTH = 20;

/**
 * The credential for a peer that names the authorities it trusts: the first that comes of one of them, else the first of all, since what a peer asks
 * for is a hint (RFC 7296, section 3.7).
 *
 * @param authorities the contents of its CERTREQ payloads.
 */
export function credentialFor(
  { own }: CertificateAuthentication,
  authorities: readonly Uint8Array[],
): CertificateCredential | undefined {
  return own.find(({ issuerHashes }) => issuerHashes.some((hash) => authorities.some((list) => holds(list, hash)))) ?? own[0];
}

function holds(list: Uint8Array, hash: Uint8Array): boolean {
  for (let start = 0; start + AUTHORITY_HASH_LENGTH <= list.length; start += AUTHORITY_HASH_LENGTH) {
    if (hash.every((octet, index) => list[start + index] === octet)) return true;
  }
  return false;
}
