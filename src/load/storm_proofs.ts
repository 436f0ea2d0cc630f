/**
 * How a storm's clients and its gateway first prove themselves to each other, before there are tickets.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadCertificates } from "../certificates/options.ts";
import { parseIdentity } from "../configuration/mod.ts";
import { loadMschapv2 } from "../eap/mod.ts";
import type { InitiatorOptions } from "../ike/initiator.ts";
import { toHexadecimal } from "../wire/hexadecimal.ts";
import { seededRandom } from "./seeded_random.ts";
import type { TemporaryFolder } from "./temporary_folder.ts";

/**
 * By a shared key; by certificates at both ends; or the gateway by a certificate and the clients by EAP-MSCHAPv2. Certificates are ECDSA on P-256.
 */
export const STORM_AUTHS = ["psk", "certificate", "eap"] as const;
export type StormAuth = typeof STORM_AUTHS[number];

/** What both ends are given. */
export interface StormProofs {
  readonly gatewayArguments: readonly string[];
  /** Of the clients, by their number. */
  readonly clients: readonly ClientProof[];
}

export type ClientProof = Pick<InitiatorOptions, "identity" | "presharedKey" | "certificates" | "eap">;

export interface StormProofsOptions {
  readonly auth: StormAuth;
  readonly seed: number;
  /** All that there will be. */
  readonly clients: number;
  /** A host name. */
  readonly gatewayIdentity: string;
  /** Takes the files of the gateway. */
  readonly folder: TemporaryFolder;
}

export function stormProofs(options: StormProofsOptions): Promise<StormProofs> | StormProofs {
  switch (options.auth) {
    case "psk":
      return bySharedKey(options);
    case "certificate":
      return byCertificate(options);
    case "eap":
      return byEap(options);
  }
}

const PRESHARED_KEY_LENGTH = 32;
const PASSWORD_LENGTH = 8;
/** Random octets in a client's name: enough that no two of a storm share one. */
const CLIENT_NAME_LENGTH = 8;
const OWNER_ONLY = 0o600;

function bySharedKey(options: StormProofsOptions): StormProofs {
  const { seed, folder } = options;
  const presharedKey = seededRandom(seed, "preshared key")(PRESHARED_KEY_LENGTH);
  const file = writeSecret(folder, "psk", `0x${toHexadecimal(presharedKey)}\n`);
  return {
    gatewayArguments: ["--psk-file", file],
    clients: forEach(options, (name) => ({ identity: parseIdentity(name), presharedKey })),
  };
}

async function byCertificate(options: StormProofsOptions): Promise<StormProofs> {
  const { seed } = options;
  const { authority, gatewayArguments } = await gatewayCertificate(options);
  const { newStormKey, pemOf, privateKeyPemOf } = await import("./storm_authority.ts");
  const key = newStormKey();
  const issue = (name: string) => authority.issue({ rfc822Name: name }, key);
  // Read once: the clients differ in their certificate alone.
  const shared = await loadCertificates({
    authorities: [authority.certificate],
    credentials: [{ certificates: pemOf(issue(nameOf(seed, 0))), privateKey: privateKeyPemOf(key) }],
  });
  const [credential] = shared.own;
  return {
    gatewayArguments,
    clients: forEach(options, (name) => ({
      identity: parseIdentity(name),
      certificates: { ...shared, own: [{ ...credential, certificates: [issue(name)] }] },
    })),
  };
}

async function byEap(options: StormProofsOptions): Promise<StormProofs> {
  const { seed, folder } = options;
  const { authority, gatewayArguments } = await gatewayCertificate(options);
  const certificates = await loadCertificates({ authorities: [authority.certificate] });
  const method = await loadMschapv2();
  const passwordOf = (client: number) => toHexadecimal(seededRandom(seed, `password of client ${client}`)(PASSWORD_LENGTH));
  const users = forEach(options, (name, client) => `${name}:${passwordOf(client)}\n`);
  return {
    gatewayArguments: [...gatewayArguments, "--eap-users", writeSecret(folder, "users", users.join(""))],
    clients: forEach(options, (name, client) => {
      const password = passwordOf(client);
      return { identity: parseIdentity(name), certificates, eap: { method: () => method.peer(name, password) } };
    }),
  };
}

/** What makes certificates is loaded where there are any. */
async function gatewayCertificate({ folder, gatewayIdentity }: StormProofsOptions) {
  const { newStormKey, pemOf, privateKeyPemOf, StormAuthority } = await import("./storm_authority.ts");
  const authority = new StormAuthority();
  const key = newStormKey();
  const files = {
    ca: writeSecret(folder, "ca.pem", pemOf(authority.certificate)),
    certificate: writeSecret(folder, "gateway.pem", pemOf(authority.issue({ dNSName: gatewayIdentity }, key))),
    privateKey: writeSecret(folder, "gateway.key", privateKeyPemOf(key)),
  };
  return {
    authority,
    gatewayArguments: ["--ca", files.ca, "--cert", files.certificate, "--cert-key", files.privateKey],
  };
}

function forEach<T>({ clients, seed }: StormProofsOptions, make: (name: string, client: number) => T): T[] {
  return Array.from({ length: clients }, (_, client) => make(nameOf(seed, client), client));
}

/** A mailbox, as the names of users with a realm are. */
function nameOf(seed: number, client: number): string {
  return `client-${toHexadecimal(seededRandom(seed, `name of client ${client}`)(CLIENT_NAME_LENGTH))}@storm.example`;
}

/** @returns its path. */
function writeSecret({ path }: TemporaryFolder, name: string, text: string): string {
  const file = join(path, name);
  writeFileSync(file, text, { mode: OWNER_ONLY });
  return file;
}
