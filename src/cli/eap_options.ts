/**
 * EAP from a command line: the users of a gateway, and the one that a client is.
 *
 * @module
 */
import type { Command } from "commander";
import { loadMschapv2 } from "../eap/mod.ts";
import { identityOfNai } from "../ike/authentication/eap/nai.ts";
import type { InitiatorOptions } from "../ike/initiator.ts";
import type { ResponderOptions } from "../ike/responder.ts";
import { identityKey } from "../ticket/identity.ts";
import { UsageError } from "./exit_status.ts";
import type { GatewayUsers } from "./gateway_users.ts";
import { readEapPassword, readEapUsers } from "./secret_files.ts";

export interface GatewayEapOptions {
  readonly eapUsers?: string;
}

export interface ClientEapOptions {
  readonly eapUser?: string;
  readonly eapPasswordFile?: string;
}

export function addGatewayEapOption(command: Command): Command {
  return command.option(
    "--eap-users <file>",
    "let clients prove themselves by EAP-MSCHAPv2; a line for each user, name:password, in a file of mode 0600; needs --cert",
  );
}

export function addClientEapOptions(command: Command): Command {
  return command
    .option("--eap-user <name>", "prove this end by EAP-MSCHAPv2 as this user; the gateway by its certificate (--ca)")
    .option("--eap-password-file <file>", "password of --eap-user, in a file of mode 0600: one line, without its end");
}

/** @throws {UsageError} the file cannot be read, or the gateway has no certificate. */
export async function statedGatewayEap(
  { eapUsers }: GatewayEapOptions,
  hasCertificate: boolean,
  own?: GatewayUsers,
): Promise<Pick<ResponderOptions, "eap">> {
  if (eapUsers === undefined && !own?.hasPasswords) return {};
  if (!hasCertificate) {
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
    },
  };
}

/** @throws {UsageError} the file cannot be read, or an option is missing. */
export async function statedClientEap({ eapUser, eapPasswordFile }: ClientEapOptions): Promise<Pick<InitiatorOptions, "eap">> {
  if (eapUser === undefined && eapPasswordFile === undefined) return {};
  if (eapUser === undefined || eapPasswordFile === undefined) {
    throw new UsageError("--eap-user and --eap-password-file: expected both or none");
  }
  const password = readEapPassword(eapPasswordFile);
  const method = await loadMschapv2();
  return { eap: { method: () => method.peer(eapUser, password) } };
}
