/**
 * EAP from a command line: the users of a gateway, and the one that a client is.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";
import { loadMschapv2 } from "../eap/mod.ts";
import { identityOfNai } from "../ike/authentication/eap/nai.ts";
import type { EapOnly } from "../ike/mod.ts";
import type { InitiatorOptions } from "../ike/initiator.ts";
import type { ResponderOptions } from "../ike/responder.ts";
import { identityKey } from "../ticket/identity.ts";
import { UsageError } from "./exit_status.ts";
import type { GatewayUsers } from "./gateway_users.ts";
import { readEapPassword, readEapUsers } from "./secret_files.ts";

export interface GatewayEapOptions {
  readonly eapUsers?: string;
  readonly eapOnly?: EapOnly | true;
}

export interface ClientEapOptions {
  readonly eapOnly?: EapOnly | true;
  readonly eapUser?: string;
  readonly eapPasswordFile?: string;
}

export function addGatewayEapOption(command: Command): Command {
  return command
    .option(
      "--eap-users <file>",
      "let clients prove themselves by EAP-MSCHAPv2; a line for each user, name:password, in a file of mode 0600; needs --cert",
    )
    .option(
      "--eap-only [methods]",
      "let EAP prove the gateway too, to clients that ask for it (RFC 5998), by these methods: safe (default), or names such as mschapv2,tls",
      eapMethods,
    );
}

export function addClientEapOptions(command: Command): Command {
  return command
    .option("--eap-user <name>", "prove this end by EAP-MSCHAPv2 as this user; the gateway by its certificate (--ca)")
    .option("--eap-password-file <file>", "password of --eap-user, in a file of mode 0600: one line, without its end")
    .option(
      "--eap-only [methods]",
      "let EAP prove the gateway too, without --ca (RFC 5998), by these methods: safe (default), or names such as mschapv2,tls",
      eapMethods,
    );
}

/** Methods by their names here, and their Types (RFC 3748, section 5). */
const METHODS: ReadonlyMap<string, number> = new Map([["tls", 13], ["ttls", 21], ["peap", 25], ["mschapv2", 26], ["pwd", 52]]);

/** Commander has `true` where no value is given: see {@link eapOnlyOf}. */
function eapMethods(text: string): EapOnly {
  if (text === "safe") return "safe";
  return text.split(",").map((word) => {
    const type = METHODS.get(word.trim().toLowerCase()) ?? (/^\d{1,3}$/.test(word) ? Number(word) : NaN);
    if (type >= 4 && type <= 255) return type;
    throw new InvalidArgumentError(`${word}, expected safe, ${[...METHODS.keys()].join(", ")}, or Types from 4 to 255`);
  });
}

function eapOnlyOf(stated: EapOnly | true | undefined): { readonly eapOnly?: EapOnly } {
  return stated === undefined ? {} : { eapOnly: stated === true ? "safe" : stated };
}

/** @throws {UsageError} the file cannot be read, or the gateway has no certificate. */
export async function statedGatewayEap(
  { eapUsers, eapOnly }: GatewayEapOptions,
  hasCertificate: boolean,
  own?: GatewayUsers,
): Promise<Pick<ResponderOptions, "eap">> {
  if (eapUsers === undefined && !own?.hasPasswords) {
    if (eapOnly !== undefined) {
      throw new UsageError("--eap-only without --eap-users: expected what clients prove themselves by");
    }
    return {};
  }
  if (!hasCertificate && eapOnly === undefined) {
    throw new UsageError("--eap-users without --ca, --cert and --cert-key: a gateway proves itself before EAP begins");
  }
  const users = eapUsers === undefined ? new Map<string, string>() : readEapUsers(eapUsers);
  const known = new Set([...users.keys()].map((name) => identityKey(identityOfNai(name))));
  const method = await loadMschapv2();
  return {
    eap: {
      methodFor: () => method.server((name) => own?.passwordOf(name) ?? users.get(name)),
      admits: (identity) => own?.admits(identity) === true || known.has(identityKey(identity)),
      askIdentity: true,
      ...eapOnlyOf(eapOnly),
    },
  };
}

/** @throws {UsageError} the file cannot be read, or an option is missing. */
export async function statedClientEap(
  { eapUser, eapPasswordFile, eapOnly }: ClientEapOptions,
): Promise<Pick<InitiatorOptions, "eap">> {
  if (eapUser === undefined && eapPasswordFile === undefined) {
    if (eapOnly !== undefined) throw new UsageError("--eap-only without --eap-user: expected what this end proves itself by");
    return {};
  }
  if (eapUser === undefined || eapPasswordFile === undefined) {
    throw new UsageError("--eap-user and --eap-password-file: expected both or none");
  }
  const password = readEapPassword(eapPasswordFile);
  const method = await loadMschapv2();
  return { eap: { method: () => method.peer(eapUser, password), ...eapOnlyOf(eapOnly) } };
}
