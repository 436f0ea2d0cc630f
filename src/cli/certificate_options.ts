/**
 * What the ends prove themselves to each other with, from a command line: a shared key, or certificates.
 *
 * @module
 */
import type { Command } from "commander";
import { CertificateError } from "../certificates/certificate_error.ts";
import { loadCertificates } from "../certificates/options.ts";
import type { CertificateAuthentication } from "../ike/authentication/certificate_authentication.ts";
import type { ResponderOptions } from "../ike/responder.ts";
import { type Identity, sameIdentity } from "../ticket/identity.ts";
import { IdType } from "../wire/constants.ts";
import { UsageError } from "./exit_status.ts";
import { repeated } from "./option_values.ts";
import { addRevocationOptions, readNamed, type RevocationOptions, statedRevocations } from "./revocation_options.ts";
import { readCertificateKey, readKeyPassphrase, readPresharedKey } from "./secret_files.ts";

export interface ProofOptions extends RevocationOptions {
  readonly pskFile?: string;
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly certKey?: string;
  readonly certKeyPassphraseFile?: string;
  readonly intermediate?: readonly string[];
  readonly allowSha1?: boolean;
}

/** The files as they were read, and what EAP needs. */
export interface Proofs extends Pick<ResponderOptions, "eap"> {
  readonly presharedKey?: Uint8Array;
  readonly certificates?: CertificateAuthentication;
  /** Users of EAP, by `identityKey`: none of them is known by the shared key, which whoever has it could say to be. */
  readonly eapUsers?: ReadonlySet<string>;
}

export function addProofOptions(command: Command): Command {
  const file = repeated((path: string) => path);
  command
    .option(
      "--psk-file <file>",
      "shared key, in a file of mode 0600: octets as they are without one line end, or 0x and hexadecimal digits, or 0s and base64",
    )
    .option(
      "--ca <file>",
      "PEM: authorities whose certificates are trusted (may be repeated); with --cert, in place of a shared key",
      file,
    )
    .option("--cert <file>", "PEM: this end's certificate, then those that lead to an authority; it has to name --identity")
    .option("--cert-key <file>", "PEM: the private key of --cert, in a file of mode 0600")
    .option("--cert-key-passphrase-file <file>", "passphrase of --cert-key, in a file of mode 0600: one line, without its end")
    .option(
      "--intermediate <file>",
      "PEM: certificates between peers and authorities, if peers do not send them (may be repeated)",
      file,
    )
    .option("--allow-sha1", "take and make signatures over SHA-1, for peers that do not know RFC 7427: weak");
  return addRevocationOptions(command);
}

/**
 * Reads the files that were named.
 *
 * @throws {UsageError} one cannot be read or used, or they do not fit together.
 */
export async function readProofs(
  options: ProofOptions & { readonly eapUser?: string; readonly eapOnly?: unknown; readonly file?: object },
): Promise<Proofs> {
  const { pskFile, ca, cert, certKey } = options;
  if (pskFile === undefined && ca === undefined && options.file === undefined && options.eapOnly === undefined) {
    throw new UsageError("neither --psk-file nor --ca: expected one of them at least");
  }
  const presharedKey = pskFile === undefined ? undefined : readPresharedKey(pskFile);
  if (ca === undefined) {
    const stray = (Object.keys(OPTION) as (keyof typeof OPTION)[]).find((name) => options[name] !== undefined);
    if (stray) throw new UsageError(`${OPTION[stray]} without --ca: expected the authorities that are trusted`);
    return { presharedKey };
  }
  const judgesAlone = options.eapUser !== undefined && cert === undefined && certKey === undefined;
  if (!judgesAlone && (cert === undefined || certKey === undefined)) {
    throw new UsageError("--ca without --cert and --cert-key: expected this end's own certificate and its key");
  }
  return { presharedKey, certificates: await certificatesOf(options, ca) };
}

/**
 * Who this end says it is: its certificate's own octets, where `--identity` is the same distinguished name. Peers may compare no more than octets, and
 * text does not say what kind of string stands in a certificate.
 */
export function ownIdentity(identity: Identity, certificates: CertificateAuthentication | undefined): Identity {
  if (identity.idType !== IdType.ID_DER_ASN1_DN) return identity;
  const own = certificates?.own.find(({ subject }) => sameIdentity({ ...identity, identification: subject }, identity));
  return own ? { ...identity, identification: own.subject } : identity;
}

const OPTION = {
  cert: "--cert",
  certKey: "--cert-key",
  certKeyPassphraseFile: "--cert-key-passphrase-file",
  intermediate: "--intermediate",
  crl: "--crl",
  requireCrl: "--require-crl",
  ocsp: "--ocsp",
  requireOcsp: "--require-ocsp",
  askOcsp: "--ask-ocsp",
  allowSha1: "--allow-sha1",
} as const;

async function certificatesOf(
  options: ProofOptions,
  ca: readonly string[],
): Promise<CertificateAuthentication> {
  const { cert, certKey, certKeyPassphraseFile, intermediate = [], allowSha1 } = options;
  const passphrase = certKeyPassphraseFile === undefined ? undefined : readKeyPassphrase(certKeyPassphraseFile);
  try {
    return await loadCertificates({
      authorities: ca.map((path) => readNamed("--ca", path)),
      credentials: cert !== undefined && certKey !== undefined
        ? [{ certificates: readNamed("--cert", cert), privateKey: readCertificateKey(certKey), passphrase }]
        : [],
      intermediates: intermediate.map((path) => readNamed("--intermediate", path)),
      ...statedRevocations(options),
      allowSha1,
    });
  } catch (error) {
    if (error instanceof CertificateError) {
      throw new UsageError(WORDS.reduce((text, [from, to]) => text.replace(from, to), error.message));
    }
    throw error;
  }
}

/** The names of the library's options, and those of the command line. */
const WORDS: readonly (readonly [string, string])[] = [
  ["authorities:", "--ca:"],
  ["credentials.certificates:", "--cert:"],
  ["credentials.privateKey:", "--cert-key:"],
  ["intermediates:", "--intermediate:"],
  ["revocationLists:", "--crl:"],
  ["ocspResponses:", "--ocsp:"],
  ["credentials.certificates", "--cert"],
];
