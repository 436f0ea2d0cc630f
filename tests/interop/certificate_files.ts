/**
 * Certificates of one authority for both ends, as our programs and charon take them.
 *
 * @module
 */
import { authorityOf, credentialOf, issue, type Issued, type KeyName, pem } from "../certificates/authority.ts";

/** For one of our programs. */
export interface OurCertificates {
  readonly authority: string;
  readonly certificate: string;
  readonly privateKey: string;
  readonly allowSha1?: boolean;
}

/** For charon: PEM of the authority, of its own certificate, and of its key in the form that needs no plugin. */
export interface CharonCertificates {
  readonly authority: string;
  readonly certificate: string;
  readonly privateKey: string;
}

/** `moreNames`: what makes both certificates larger. */
export function certificatesFor(
  ourName: string,
  theirName: string,
  key: KeyName,
  moreNames: readonly string[] = [],
): { readonly ours: OurCertificates; readonly theirs: CharonCertificates } {
  const presentMs = Date.now();
  const authority = authorityOf("Interoperation", key, {}, undefined, presentMs);
  const ours = issue(
    { subject: ourName, key, names: [ourName, ...moreNames].map((dNSName) => ({ dNSName })) },
    authority,
    presentMs,
  );
  const theirs = issue(
    { subject: theirName, key, names: [theirName, ...moreNames].map((dNSName) => ({ dNSName })) },
    authority,
    presentMs,
  );
  const authorityPem = pem("CERTIFICATE", authority.der);
  return {
    ours: {
      authority: authorityPem,
      certificate: credentialOf(ours).certificates as string,
      privateKey: credentialOf(ours).privateKey as string,
    },
    theirs: { authority: authorityPem, certificate: pem("CERTIFICATE", theirs.der), privateKey: traditionalKey(theirs, key) },
  };
}

function traditionalKey({ privateKey }: Issued, key: KeyName): string {
  const type = key.startsWith("RSA") ? "pkcs1" : key === "Ed25519" ? "pkcs8" : "sec1";
  return privateKey.export({ type, format: "pem" }) as string;
}
