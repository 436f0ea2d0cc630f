/**
 * Revoked certificates, from a command line: lists and OCSP responses in files, which are followed while the program runs.
 *
 * @module
 */
import type { Command } from "commander";
import { readFileSync } from "node:fs";
import type { CertificateOptions, GivenRevocations, LoadedCertificates } from "../certificates/options.ts";
import { FileWatch } from "../store/file_watch.ts";
import { messageOf } from "../store/owners_file.ts";
import type { EventObject } from "./effect_event.ts";
import { UsageError } from "./exit_status.ts";
import { repeated } from "./option_values.ts";

export interface RevocationOptions {
  readonly crl?: readonly string[];
  readonly requireCrl?: boolean;
  readonly ocsp?: readonly string[];
  readonly requireOcsp?: boolean;
  readonly askOcsp?: boolean;
}

export function addRevocationOptions(command: Command): Command {
  const file = repeated((path: string) => path);
  return command
    .option("--crl <file>", "PEM or DER: a certificate revocation list; what it revokes is refused (may be repeated)", file)
    .option("--require-crl", "refuse certificates of whose issuer there is no --crl that is in time")
    .option(
      "--ocsp <file>",
      "DER: an OCSP response, of a peer's certificate, or of --cert, for peers that ask for it (may be repeated)",
      file,
    )
    .option(
      "--require-ocsp",
      "refuse peers of whose own certificate there is no OCSP response in time: --ocsp, or the peer's own",
    )
    .option(
      "--ask-ocsp",
      "ask peers for the OCSP response of their certificate; goes without saying with the two options before",
    );
}

/** @throws {UsageError} a file cannot be read. */
export function readRevocations({ crl = [], ocsp = [] }: RevocationOptions): Required<GivenRevocations> {
  return {
    revocationLists: crl.map((path) => readNamed("--crl", path)),
    ocspResponses: ocsp.map((path) => readNamed("--ocsp", path)),
  };
}

/** What the library takes of these options. */
export function statedRevocations(options: RevocationOptions): Partial<CertificateOptions> {
  const { requireCrl, requireOcsp, askOcsp } = options;
  return {
    ...readRevocations(options),
    ...(requireCrl !== undefined && { requireRevocationLists: requireCrl }),
    ...(requireOcsp !== undefined && { requireOcsp }),
    ...(askOcsp !== undefined && { askOcsp }),
  };
}

/**
 * Looks at the files from now on. One that changed is read with all the others; if one of them will not do, all stays as it was.
 *
 * @returns nothing to follow without files.
 */
export function followRevocations(
  options: RevocationOptions,
  certificates: Partial<LoadedCertificates> | undefined,
  tell: (event: EventObject) => void,
  complain: (line: string) => void,
): { close(): void } {
  let last: Promise<void> = Promise.resolve();
  const onChange = () => last = last.then(() => replace(options, certificates, tell, complain));
  const paths = certificates?.replaceRevocations ? new Set([...options.crl ?? [], ...options.ocsp ?? []]) : [];
  const watches = [...paths].map((path) => new FileWatch({ path, onChange }));
  return { close: () => watches.forEach((watch) => watch.close()) };
}

async function replace(
  options: RevocationOptions,
  certificates: Partial<LoadedCertificates> | undefined,
  tell: (event: EventObject) => void,
  complain: (line: string) => void,
): Promise<void> {
  try {
    const given = readRevocations(options);
    await certificates?.replaceRevocations?.(given);
    const { revocationLists, ocspResponses } = given;
    tell({ event: "revocations-reloaded", revocation_lists: revocationLists.length, ocsp_responses: ocspResponses.length });
  } catch (error) {
    const reason = messageOf(error);
    tell({ event: "revocations-rejected", reason });
    complain(`revoked certificates stay as they were: ${reason}`);
  }
}

/** @throws {UsageError} it cannot be read. */
export function readNamed(option: string, path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    throw new UsageError(`${option}: ${messageOf(error)}`);
  }
}
