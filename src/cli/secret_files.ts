/**
 * Files that options name, and that hold one secret; in place of each, an environment variable may be named: `env:NAME`.
 *
 * @module
 */
import process from "node:process";
import { ConfigurationError, parsePresharedKey, parseSecret } from "../configuration/mod.ts";
import { messageOf, readOwnersOctets } from "../store/owners_file.ts";
import { UsageError } from "./exit_status.ts";
import { STORE_VARIABLE } from "./store_option.ts";

/**
 * The shared key in a file: see {@link parsePresharedKey}.
 *
 * @throws {UsageError} there is no such file, others may open it, or it holds no key.
 */
export function readPresharedKey(path: string, option = "--psk-file"): Uint8Array {
  return readSecret(option, path, parsePresharedKey);
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

/**
 * The password of a user of EAP.
 *
 * @throws {UsageError} there is no such file, others may open it, or it holds no password.
 */
export function readEapPassword(path: string, option = "--eap-password-file"): string {
  return readSecret(option, path, (octets) => new TextDecoder().decode(parseSecret(octets)));
}

/**
 * The secret shared with servers of RADIUS.
 *
 * @throws {UsageError} there is no such file, others may open it, or it holds no secret.
 */
export function readRadiusSecret(path: string): Uint8Array {
  return readSecret("--radius-secret", path, parseSecret);
}

/**
 * Users and their passwords: `name:password`, one a line; lines that are blank or begin with `#` are for people.
 *
 * @throws {UsageError} there is no such file, others may open it, or a line is something else.
 */
export function readEapUsers(path: string): ReadonlyMap<string, string> {
  return readSecret("--eap-users", path, (octets) => {
    const users = new Map<string, string>();
    for (const [index, line] of new TextDecoder().decode(octets).split(/\r?\n/).entries()) {
      if (line.trim() === "" || line.startsWith("#")) continue;
      const colon = line.indexOf(":");
      if (colon < 1 || colon === line.length - 1) throw new ConfigurationError(`line ${index + 1}, which is not name:password`);
      users.set(line.slice(0, colon), line.slice(colon + 1));
    }
    if (users.size === 0) throw new ConfigurationError("no user");
    return users;
  });
}

/** What stands before the name of an environment variable, where a file could be named. */
const ENVIRONMENT = "env:";

/** Variables in which secrets were found or looked for; a store's address may have a password in it. */
const SECRET_VARIABLES = new Set<string>([STORE_VARIABLE]);

/** What programs of the user's find in their environment. */
export function environmentWithoutSecrets(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !SECRET_VARIABLES.has(name)));
}

/** Whether a secret is in the environment, and not in a file. */
export function isEnvironmentName(path: string): boolean {
  return path.startsWith(ENVIRONMENT);
}

/**
 * What a file of its owner alone holds.
 *
 * @throws {UsageError} there is no such file, others may open it, or `parse` threw a {@link ConfigurationError}
 */
export function readSecret<Secret>(option: string, path: string, parse: (octets: Uint8Array) => Secret): Secret {
  const octets = readOctets(option, path);
  try {
    return parse(octets);
  } catch (error) {
    if (error instanceof ConfigurationError) throw new UsageError(`${option}: ${path} holds ${error.message}`);
    throw error;
  }
}

function readOctets(option: string, path: string): Uint8Array {
  if (isEnvironmentName(path)) {
    const name = path.slice(ENVIRONMENT.length);
    SECRET_VARIABLES.add(name);
    const value = process.env[name];
    if (value === undefined) throw new UsageError(`${option}: the environment has no ${name}`);
    return new TextEncoder().encode(value);
  }
  try {
    return readOwnersOctets(path);
  } catch (error) {
    throw new UsageError(`${option}: ${messageOf(error)}`);
  }
}
