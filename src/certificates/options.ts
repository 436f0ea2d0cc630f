/**
 * What users give of certificates.
 *
 * @module
 */
import type { CertificateAuthentication } from "../ike/authentication/certificate_authentication.ts";
import type { Identity } from "../ticket/identity.ts";

/** PEM, of which a text may hold several, or one DER. */
export type Encoded = string | Uint8Array;

/** What certificates are for: what an end proves itself with, and by what it judges others. */
export interface CertificateOptions {
  /** What this end proves itself with, in order of preference. Not given: it only judges others. */
  readonly credentials?: readonly CredentialOptions[];
  /** Certificates of the authorities that are trusted, at least one. A peer's own certificate among them is trusted for itself. */
  readonly authorities: readonly Encoded[];
  /** Certificates that may stand between a peer's and an authority's, where peers do not send them. */
  readonly intermediates?: readonly Encoded[];
  /** Certificate revocation lists, PEM or DER. What one of them revokes is refused, also once the list is out of time. */
  readonly revocationLists?: readonly Encoded[];
  /** Whether every certificate needs a list of its issuer's that is in time. Default false. */
  readonly requireRevocationLists?: boolean;
  /**
   * OCSP responses, DER, of peers' certificates and of this end's own, which peers that ask get (RFC 4806). What one of them revokes is refused, also
   * once the response is out of time; what its issuer does not know is refused as well.
   */
  readonly ocspResponses?: readonly Uint8Array[];
  /**
   * Gives the OCSP response, DER, about a certificate where none is at hand: this end's own, when a peer asks for it, and a peer's once everything else
   * about it is right. It fetches it, or has it in store; where it points to is what its issuer wrote, or a forger. What it throws, and what it gives
   * too late, is no response.
   */
  readonly ocspResponse?: OcspResponseHook;
  /** Milliseconds that `ocspResponse` may take, 1 to 60,000: less than `policyTimeoutMs` of a gateway. Default 2,000. */
  readonly ocspTimeoutMs?: number;
  /**
   * Whether a peer's own certificate needs an OCSP response that is in time and says that it is good: the peer's, or one of those above. Of authorities
   * none is needed. Default false.
   */
  readonly requireOcsp?: boolean;
  /** Whether peers are asked for OCSP responses. Default: where anything of the four options before is given. */
  readonly askOcsp?: boolean;
  /**
   * Whether signatures of AUTH over SHA-1 are taken, and made for peers that do not know RFC 7427 (RFC 7296, section 3.8, asks for them): an attacker
   * who finds collisions while IKE_AUTH waits can pass for such a peer. Certificates signed so are never taken. Default false.
   */
  readonly allowSha1?: boolean;
  /** RSA keys sign by RSASSA-PSS where the peer knows RFC 7427. Default true; false: by PKCS #1 v1.5. */
  readonly pss?: boolean;
  /**
   * Whether a certificate, DER, may stand for an identity, where policy knows more than the names in it. `undefined`: the names decide. It must be
   * quick; what it throws refuses the peer, and so does a promise.
   */
  readonly namesIdentity?: (identity: Identity, certificate: Uint8Array) => boolean | undefined;
}

/** `issuer`: `undefined` where it is not known. Both DER. */
export type OcspResponseHook = (
  certificate: Uint8Array,
  issuer: Uint8Array | undefined,
) => Promise<Uint8Array | undefined> | Uint8Array | undefined;

/** What is given anew while it is in use. */
export type GivenRevocations = Pick<CertificateOptions, "revocationLists" | "ocspResponses">;

/** What {@link loadCertificates} makes: the `certificates` of a gateway's or a client's options. */
export interface LoadedCertificates extends CertificateAuthentication {
  /**
   * Takes these lists and responses in the place of all that were given before. From then on they refuse, and end the tickets of clients whose
   * certificates they revoke.
   *
   * @throws {CertificateError} rejects: one cannot be read. Then all stays as it was.
   */
  readonly replaceRevocations: (given: GivenRevocations) => Promise<void>;
}

/** One certificate of this end, its chain, and its private key. */
export interface CredentialOptions {
  /** The own certificate first, then those that lead to an authority; that one may be left out. */
  readonly certificates: Encoded;
  /** PEM (PKCS #8, PKCS #1 or SEC 1) or DER (PKCS #8). Secret. */
  readonly privateKey: Encoded;
  /** Of a private key that is encrypted. Secret. */
  readonly passphrase?: string;
}

/**
 * Reads certificates and keys, and makes of them what a configuration takes as `certificates`. What reads X.509 is loaded now, and by nothing
 * else.
 *
 * @throws {CertificateError} what cannot be read, is not taken here, or does not fit together.
 */
export async function loadCertificates(options: CertificateOptions): Promise<LoadedCertificates> {
  const { readCertificates } = await import("./read_certificates.ts");
  return await readCertificates(options);
}
