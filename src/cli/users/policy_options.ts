/**
 * Options of a gateway about those who keep users elsewhere: a command or a web service that is asked about each client.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";
import { UsageError } from "../exit_status.ts";
import { wholeNumber } from "../option_values.ts";

export interface PolicyOptions {
  readonly onlyUsers?: boolean;
  readonly policyCommand?: string;
  readonly policyUrl?: string;
  readonly policyToken?: string;
  readonly policyTimeout: number;
  readonly policyConcurrency: number;
  readonly policyCache: number;
  readonly policyCacheRefusals: number;
  readonly policyCacheSize: number;
}

export function addPolicyOptions(command: Command): Command {
  const seconds = wholeNumber(1, 86_400);
  return command
    .option(
      "--only-users",
      "refuse whoever is none of the users of the configuration file, whatever a shared key or a certificate says",
    )
    .option(
      "--policy-command <path>",
      "program that says whether a client that has proven itself may come in, and by which rules: JSON on its standard input and output (docs/users.md)",
    )
    .option("--policy-url <url>", "the same, of a web service: https, or http on this machine", policyUrl)
    .option("--policy-token <file>", "token for --policy-url, sent as Authorization: Bearer, in a file of mode 0600")
    .option(
      "--policy-timeout <ms>",
      "how long a client waits for that, and for signatures; then it is refused, and nobody else has waited",
      wholeNumber(1, 60_000),
      3_000,
    )
    .option("--policy-concurrency <count>", "questions of a worker at once; further ones wait", wholeNumber(1, 1_000), 8)
    .option("--policy-cache <seconds>", "how long an answer that allows a client counts", seconds, 60)
    .option("--policy-cache-refusals <seconds>", "how long one that refuses it does", seconds, 10)
    .option(
      "--policy-cache-size <count>",
      "answers that are kept of those that allow, and of those that refuse",
      wholeNumber(1, 1_000_000),
      100_000,
    );
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

function policyUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSafe = url?.protocol === "https:" || url?.protocol === "http:" && LOOPBACK.test(url.hostname);
  if (url !== undefined && isSafe && url.username === "" && url.password === "") return url.href;
  throw new InvalidArgumentError("Allowed are https URLs without a user, and http ones of localhost, 127.0.0.0/8 and [::1].");
}

/** @throws {UsageError} options contradict each other */
export function checkPolicyOptions({ policyCommand, policyUrl, policyToken }: PolicyOptions): void {
  if (policyCommand !== undefined && policyUrl !== undefined) {
    throw new UsageError("--policy-command with --policy-url: expected one of them");
  }
  if (policyToken !== undefined && policyUrl === undefined) {
    throw new UsageError("--policy-token without --policy-url: expected whom it is sent to");
  }
}

/** Whether somebody is asked. */
export function hasPolicy({ policyCommand, policyUrl }: PolicyOptions): boolean {
  return policyCommand !== undefined || policyUrl !== undefined;
}
