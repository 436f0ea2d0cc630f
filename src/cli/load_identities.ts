/**
 * Who the clients of a load are, and what each proves itself by: by patterns with its number, or by a line of a file.
 *
 * @module
 */
import type { Command } from "commander";
import { ConfigurationError, parseIdentity, parsePresharedKey } from "../configuration/mod.ts";
import type { InitiatorOptions } from "../ike/initiator.ts";
import { isPattern, nameOf } from "../load/generator/client_names.ts";
import { clientsOf, type Portion, WHOLE } from "../load/generator/portion.ts";
import { ownIdentity, readProofs } from "./certificate_options.ts";
import { statedClientEap } from "./eap_options.ts";
import { UsageError } from "./exit_status.ts";
import { configured, repeated } from "./option_values.ts";
import { readSecret } from "./secret_files.ts";

export interface LoadIdentityOptions {
  readonly identity: string;
  readonly pskFile?: string;
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly certKey?: string;
  readonly eapUser?: string;
  readonly eapPasswordFile?: string;
  readonly clientsFile?: string;
}

/** What sets one client apart from the others. */
export type LoadIdentity = Pick<InitiatorOptions, "identity" | "presharedKey" | "certificates" | "eap">;

/** One line of `--clients-file`. */
export interface ClientLine {
  readonly identity: string;
  readonly psk?: string;
  readonly eap_user?: string;
  readonly eap_password?: string;
}

const COLUMNS = ["identity", "psk", "eap_user", "eap_password"] as const;

export function addLoadIdentityOptions(command: Command): Command {
  return command
    .option("--psk-file <file>", "the shared key of all clients, in a file of mode 0600")
    .option(
      "--identity <pattern>",
      "who the clients are: {n} is their number from 1, {n:05} with zeros before it",
      identityPattern,
      "user-{n:05}@load.example",
    )
    .option(
      "--ca <file>",
      "PEM: authorities whose certificates are trusted (may be repeated); with --cert or --eap-user, in place of a shared key",
      repeated((path: string) => path),
    )
    .option("--cert <pattern>", "PEM: the clients' certificates, one for all or by number: client-{n}.pem")
    .option("--cert-key <pattern>", "PEM: their private keys, in files of mode 0600, likewise")
    .option("--eap-user <pattern>", "prove the clients by EAP-MSCHAPv2: user-{n}")
    .option("--eap-password-file <pattern>", "the password of all users of EAP, or of each by number, in a file of mode 0600")
    .option(
      "--clients-file <file>",
      `CSV in a file of mode 0600, a client a line, below a head of ${
        COLUMNS.join(",")
      } or some of these: how many there are, and what the patterns would say`,
    );
}

/** The clients of one part of a load. */
export interface LoadIdentities {
  /** How many clients the whole load has. */
  readonly all: number;
  /** The number of the first of these, from 0. */
  readonly first: number;
  readonly clients: readonly LoadIdentity[];
}

/**
 * The clients, as many as there are to be.
 *
 * @param portion Which of them.
 * @throws {UsageError} a file cannot be read, options do not fit together, or no client is in that part
 */
export async function loadIdentities(
  options: LoadIdentityOptions & { readonly clients: number },
  portion: Portion = WHOLE,
): Promise<LoadIdentities> {
  const lines = options.clientsFile === undefined
    ? undefined
    : readSecret("--clients-file", options.clientsFile, (octets) => clientLines(new TextDecoder().decode(octets)));
  if (lines === undefined && options.pskFile === undefined && options.ca === undefined) {
    throw new UsageError("load: expected --psk-file, --ca or --clients-file");
  }
  const all = Math.min(options.clients, lines?.length ?? Infinity);
  const { from: first, end } = clientsOf(portion, all);
  if (end <= first) throw new UsageError(`load: ${all} clients, expected one at least for each worker and machine`);
  const clients = lines === undefined
    ? await clientsByPattern(options, first, end)
    : await Promise.all(lines.slice(first, end).map((line) => clientOfLine(line, options)));
  return { all, first, clients };
}

async function clientsByPattern(options: LoadIdentityOptions, first: number, end: number): Promise<readonly LoadIdentity[]> {
  const { identity: pattern, eapUser, eapPasswordFile, cert, certKey } = options;
  const areAlike = ![cert, certKey, eapUser, eapPasswordFile].some((each) => each !== undefined && isPattern(each));
  const shared = areAlike ? await proofOf(options, 1) : undefined;
  const clients: LoadIdentity[] = [];
  for (let number = first + 1; number <= end; number++) {
    const proof = shared ?? await proofOf(options, number);
    const identity = ownIdentity(parseIdentity(nameOf(pattern, number)), proof.certificates);
    clients.push({ ...proof, identity });
  }
  return clients;
}

async function proofOf(options: LoadIdentityOptions, number: number): Promise<Omit<LoadIdentity, "identity">> {
  const numbered = (text: string | undefined) => text === undefined ? undefined : nameOf(text, number);
  const own = {
    ...options,
    cert: numbered(options.cert),
    certKey: numbered(options.certKey),
    eapUser: numbered(options.eapUser),
    eapPasswordFile: numbered(options.eapPasswordFile),
  };
  const { presharedKey, certificates } = await readProofs(own);
  return { presharedKey, certificates, ...await statedClientEap(own, certificates) };
}

async function clientOfLine(line: ClientLine, options: LoadIdentityOptions): Promise<LoadIdentity> {
  const identity = parseIdentity(line.identity);
  const { psk, eap_user, eap_password } = line;
  if (psk !== undefined) return { identity, presharedKey: parsePresharedKey(new TextEncoder().encode(psk)) };
  if (eap_user === undefined || eap_password === undefined) return { ...await proofOf(options, 1), identity };
  const { certificates } = await readProofs({ ...options, eapUser: eap_user });
  const { loadMschapv2 } = await import("../eap/mod.ts");
  const method = await loadMschapv2();
  return { identity, certificates, eap: { method: () => method.peer(eap_user, eap_password) } };
}

/**
 * The lines of such a file. Values have no commas in them.
 *
 * @throws {ConfigurationError} which line is not what is expected
 */
export function clientLines(text: string): readonly ClientLine[] {
  const [head = "", ...rows] = text.replace(/^\uFEFF/, "").split(/\r?\n/).filter((line) => line.trim() !== "");
  const names = head.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !(COLUMNS as readonly string[]).includes(name));
  if (unknown !== undefined || !names.includes("identity") || new Set(names).size !== names.length) {
    throw new ConfigurationError(`a head of ${names.join(",")}, expected identity and some of ${COLUMNS.slice(1).join(",")}`);
  }
  if (rows.length === 0) throw new ConfigurationError("no client below its head");
  return rows.map((row, index) => {
    const values = row.split(",");
    if (values.length !== names.length) {
      throw new ConfigurationError(`line ${index + 2} of ${values.length} values, expected ${names.length}`);
    }
    const stated = names.map((name, column) => [name, values[column].trim()] as const).filter(([, value]) => value !== "");
    const line = Object.fromEntries(stated) as unknown as ClientLine;
    if (line.identity === undefined) throw new ConfigurationError(`line ${index + 2} without an identity`);
    return line;
  });
}

function identityPattern(text: string): string {
  configured(parseIdentity)(nameOf(text, 1));
  return text;
}
