/**
 * EAP from a command line: the users of a gateway, and the one that a client is.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";
import { parseIdentity } from "../configuration/mod.ts";
import { loadMschapv2 } from "../eap/mod.ts";
import type { CertificateAuthentication } from "../ike/authentication/certificate_authentication.ts";
import { identityOfNai } from "../ike/authentication/eap/nai.ts";
import type { EapOnly, EapPeerMethod } from "../ike/mod.ts";
import type { InitiatorOptions } from "../ike/initiator.ts";
import { type Identity, identityKey } from "../ticket/identity.ts";
import type { ProofOptions, Proofs } from "./certificate_options.ts";
import { readEapTls } from "./eap_tls_options.ts";
import { UsageError } from "./exit_status.ts";
import type { GatewayUsers } from "./gateway_users.ts";
import { addRadiusOptions, type RadiusLineOptions, statedRadius } from "./radius_options.ts";
import { configured } from "./option_values.ts";
import { readEapPassword, readEapUsers } from "./secret_files.ts";

export interface GatewayEapOptions extends RadiusLineOptions {
  readonly eapUsers?: string;
  readonly eapTls?: boolean;
  readonly eapOnly?: EapOnly | true;
  readonly eapRounds?: number;
}

export interface ClientEapOptions {
  readonly eapTls?: boolean;
  readonly eapServerIdentity?: Identity;
  readonly eapOnly?: EapOnly | true;
  readonly eapUser?: string;
  readonly eapPasswordFile?: string;
}

export function addGatewayEapOption(command: Command): Command {
  return addRadiusOptions(command)
    .option(
      "--eap-users <file>",
      "let clients prove themselves by EAP-MSCHAPv2; a line for each user, name:password, in a file of mode 0600; needs --cert",
    )
    .option(
      "--eap-tls",
      "let clients prove themselves by EAP-TLS with certificates of --ca; the gateway's is --cert; on Node alone",
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
      "--eap-tls",
      "prove this end by EAP-TLS, with --cert and --cert-key in the place of a signature of IKE's; on Node alone",
    )
    .option(
      "--eap-server-identity <identity>",
      "with --eap-tls: whom the certificate of the EAP server has to name (default: --peer-identity)",
      configured(parseIdentity),
    )
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

/**
 * @param own are asked when a client proves itself
 * @param ownHavePasswords whether any of them will have one then
 * @throws {UsageError} a file cannot be read, or the gateway has no certificate.
 */
export async function statedGatewayEap(
  options: GatewayEapOptions & ProofOptions & { readonly identity: Identity },
  certificates: CertificateAuthentication | undefined,
  own?: GatewayUsers,
  ownHavePasswords: boolean = own?.hasPasswords === true,
): Promise<Pick<Proofs, "eap" | "eapUsers">> {
  const { eapUsers, eapTls, eapOnly, eapRounds } = options;
  const limits = eapRounds === undefined ? {} : { maximumRounds: eapRounds };
  const hasUsers = eapUsers !== undefined || ownHavePasswords;
  const radius = await statedRadius(options, options.identity);
  if (!hasUsers && !eapTls && !radius) {
    if (eapOnly !== undefined) {
      throw new UsageError("--eap-only without --eap-users, --eap-tls or --radius: expected what clients prove themselves by");
    }
    return {};
  }
  if ((hasUsers || radius) && certificates === undefined && eapOnly === undefined) {
    const option = radius ? "--radius" : "--eap-users";
    throw new UsageError(`${option} without --ca, --cert and --cert-key: a gateway proves itself before EAP begins`);
  }
  if (radius) {
    if (hasUsers || eapTls) {
      throw new UsageError("--radius with --eap-users or --eap-tls: expected one who speaks EAP with clients");
    }
    // Whom the server lets in may come in, and come back.
    return {
      eap: { methodFor: () => radius.relay(), admits: () => true, askIdentity: true, ...limits, ...eapOnlyOf(eapOnly) },
    };
  }
  const users = eapUsers === undefined ? new Map<string, string>() : readEapUsers(eapUsers);
  const known = new Set([...users.keys()].map((name) => identityKey(identityOfNai(name))));
  const tls = eapTls ? await readEapTls(options, certificates) : undefined;
  const mschapv2 = hasUsers ? await loadMschapv2() : undefined;
  return {
    eapUsers: known,
    eap: {
      // A client that does not know the first one says so.
      methodFor: (initiatorId) => [
        ...(tls ? [tls.server(initiatorId)] : []),
        ...(mschapv2 ? [mschapv2.server((name) => own?.passwordOf(name) ?? users.get(name))] : []),
      ],
      // Whom a certificate of --ca names may come in, as without EAP.
      admits: (identity, type) =>
        type === EAP_TLS ? tls !== undefined : own?.admits(identity) === true || known.has(identityKey(identity)),
      askIdentity: true,
      ...limits,
      ...eapOnlyOf(eapOnly),
    },
  };
}

const EAP_TLS = 13;

/** @throws {UsageError} a file cannot be read, or an option is missing. */
export async function statedClientEap(
  options: ClientEapOptions & ProofOptions & { readonly peerIdentity?: Identity },
  certificates: CertificateAuthentication | undefined,
): Promise<Pick<InitiatorOptions, "eap">> {
  const { eapUser, eapPasswordFile, eapTls, eapOnly, peerIdentity, eapServerIdentity = peerIdentity } = options;
  if ((eapUser === undefined) !== (eapPasswordFile === undefined)) {
    throw new UsageError("--eap-user and --eap-password-file: expected both or none");
  }
  const methods: (() => EapPeerMethod)[] = [];
  if (eapTls) {
    if (eapServerIdentity === undefined) {
      throw new UsageError("--eap-tls without --peer-identity: expected whom the server's certificate names");
    }
    const tls = await readEapTls(options, certificates);
    methods.push(() => tls.peer(eapServerIdentity));
  }
  if (eapUser !== undefined && eapPasswordFile !== undefined) {
    const password = readEapPassword(eapPasswordFile);
    const mschapv2 = await loadMschapv2();
    methods.push(() => mschapv2.peer(eapUser, password));
  }
  if (methods.length === 0) {
    if (eapOnly !== undefined) {
      throw new UsageError("--eap-only without --eap-user or --eap-tls: expected what this end proves itself by");
    }
    return {};
  }
  return { eap: { method: () => methods.map((method) => method()), ...eapOnlyOf(eapOnly) } };
}
