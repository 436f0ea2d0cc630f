/**
 * EAP-TLS from a command line: the certificate and key of the other options, in a handshake of their own.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { type EapTls, EapTlsError, loadEapTls } from "../eap/mod.ts";
import type { CertificateAuthentication } from "../ike/authentication/certificate_authentication.ts";
import type { ProofOptions } from "./certificate_options.ts";
import { UsageError } from "./exit_status.ts";
import { readCertificateKey, readKeyPassphrase } from "./secret_files.ts";

/**
 * @param certificates what `readProofs` made of the same options: it has read the files before.
 * @throws {UsageError} an option is missing, or this runtime cannot do it.
 */
export async function readEapTls(
  { ca, cert, certKey, certKeyPassphraseFile }: ProofOptions,
  certificates: CertificateAuthentication | undefined,
): Promise<EapTls> {
  if (certificates === undefined || ca === undefined || cert === undefined || certKey === undefined) {
    throw new UsageError("--eap-tls without --ca, --cert and --cert-key: expected what this end proves itself by in TLS");
  }
  try {
    return await loadEapTls({
      certificates,
      authorities: ca.map((path) => readFileSync(path, "utf8")),
      credential: {
        certificates: readFileSync(cert, "utf8"),
        privateKey: readCertificateKey(certKey),
        passphrase: certKeyPassphraseFile === undefined ? undefined : readKeyPassphrase(certKeyPassphraseFile),
      },
    });
  } catch (error) {
    if (error instanceof EapTlsError) throw new UsageError(`--eap-tls: ${error.message}`);
    throw error;
  }
}
