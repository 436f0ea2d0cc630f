/**
 * Files that options name, and that hold one secret.
 *
 * @module
 */
import { ConfigurationError, parsePresharedKey, parseSecret } from "../configuration/mod.ts";
import { messageOf, readOwnersOctets } from "../store/owners_file.ts";
import { UsageError } from "./exit_status.ts";

/**
 * The shared key in a file: see {@link parsePresharedKey}.
 *
 * @throws {UsageError} there is no such file, others may open it, or it holds no key.
 */
export function readPresharedKey(path: string): Uint8Array {
  return readSecret("--psk-file", path, parsePresharedKey);
}

/**
 * The passphrase in a file: its octets without one line end.
 *
 * @throws {UsageError} there is no such file, others may open it, or it holds no passphrase.
 */
export function readPassphrase(path: string): Uint8Array {
  return readSecret("--ticket-passphrase-file", path, parseSecret);
}

/**
 * The private key of a certificate, in PEM.
 *
 * @throws {UsageError} there is no such file, or others may open it.
 */
export function readCertificateKey(path: string): string {
  return readSecret("--cert-key", path, (octets) => new TextDecoder().decode(octets));
}

/**
 * The passphrase of such a key.
 *
 * @throws {UsageError} there is no such file, others may open it, or it holds no passphrase.
 */
export function readKeyPassphrase(path: string): string {
  return readSecret("--cert-key-passphrase-file", path, (octets) => new TextDecoder().decode(parseSecret(octets)));
}

function readSecret<Secret>(option: string, path: string, parse: (octets: Uint8Array) => Secret): Secret {
  let octets: Uint8Array;
  try {
    octets = readOwnersOctets(path);
  } catch (error) {
    throw new UsageError(`${option}: ${messageOf(error)}`);
  }
  try {
    return parse(octets);
  } catch (error) {
    if (error instanceof ConfigurationError) throw new UsageError(`${option}: ${path} holds ${error.message}`);
    throw error;
  }
}
