/**
 * Certificates of our two programs.
 *
 * @module
 */
import { loadCertificates } from "../../src/certificates/options.ts";
import type { CertificateAuthentication } from "../../src/ike/authentication/certificate_authentication.ts";
import type { OurCertificates } from "./certificate_files.ts";

export function certificatesOf(
  { authority, certificate, privateKey, allowSha1 }: OurCertificates,
  judgesAlone = false,
): Promise<CertificateAuthentication> {
  return loadCertificates({
    authorities: [authority],
    credentials: judgesAlone ? [] : [{ certificates: certificate, privateKey }],
    allowSha1,
  });
}
