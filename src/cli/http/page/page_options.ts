/**
 * `--http-page`: the gateway's page for people, at the server of `--http`.
 *
 * @module
 */
import type { Command } from "commander";
import { randomBytes } from "node:crypto";
import { fstatSync } from "node:fs";
import process from "node:process";
import { ConfigurationError, parseSecret } from "../../../configuration/mod.ts";
import { UsageError } from "../../exit_status.ts";
import { readSecret } from "../../secret_files.ts";

export interface PageOptions {
  readonly httpPage?: boolean;
  readonly httpPageToken?: string;
  readonly httpPageRemote?: boolean;
}

/** Octets of a token that is made here. */
const TOKEN_LENGTH = 32;
/** What a header can carry, and nobody guesses. */
const TOKEN = /^[\x21-\x7e]{16,512}$/;
const STANDARD_ERROR = 2;

export function addPageOptions(command: Command): Command {
  return command
    .option(
      "--http-page",
      "answer / at --http with a page that shows how the gateway stands, finds clients and ends them; it asks for a token",
    )
    .option(
      "--http-page-token <file>",
      "the page's token, in a file of its owner's alone: 16 to 512 characters; not given: one is made and told on standard error",
    )
    .option(
      "--http-page-remote",
      "answer the page at any address of --http, and not on loopback alone: HTTP says the token to all on the way, so put TLS before it",
    );
}

/**
 * The token of the page, from its file or made for this run; `undefined`: there is no page.
 *
 * @throws {UsageError} an option of the page stands without what it needs, the file will not do, or what is told on standard error is kept.
 */
export function pageTokenOf(options: PageOptions & { readonly http?: unknown }): GivenPageToken | undefined {
  checkPageOptions(options);
  if (!options.httpPage) return undefined;
  if (options.httpPageToken !== undefined) return { token: readPageToken(options.httpPageToken), isMade: false };
  if (isJournal(process.env.JOURNAL_STREAM)) {
    throw new UsageError(
      "--http-page: standard error goes to the journal, where a token does not belong: expected --http-page-token",
    );
  }
  return { token: randomBytes(TOKEN_LENGTH).toString("base64url"), isMade: true };
}

export interface GivenPageToken {
  readonly token: string;
  /** It was made for this run, and has to be told to somebody. */
  readonly isMade: boolean;
}

/** @throws {UsageError} an option of the page stands without what it needs, or the file of its token will not do. */
export function checkPageOptions(options: PageOptions & { readonly http?: unknown }): void {
  const { http, httpPage, httpPageToken, httpPageRemote } = options;
  if (httpPage && http === undefined) throw new UsageError("--http-page: there is no --http, expected where to listen");
  if (!httpPage && httpPageToken !== undefined) throw new UsageError("--http-page-token: expected --http-page beside it");
  if (!httpPage && httpPageRemote) throw new UsageError("--http-page-remote: expected --http-page beside it");
  if (httpPageToken !== undefined) readPageToken(httpPageToken);
}

function readPageToken(path: string): string {
  return readSecret("--http-page-token", path, (octets) => {
    const token = new TextDecoder().decode(parseSecret(octets));
    if (TOKEN.test(token)) return token;
    throw new ConfigurationError("no token, expected 16 to 512 printable characters of ASCII without blanks");
  });
}

/** Whether standard error is the file that systemd names so. */
function isJournal(name: string | undefined): boolean {
  if (name === undefined) return false;
  const { dev, ino } = fstatSync(STANDARD_ERROR);
  return name === `${dev}:${ino}`;
}
