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

function readSecret(option: string, path: string, parse: (octets: Uint8Array) => Uint8Array): Uint8Array {
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
