/**
 * Options about how long IKE SAs live at a gateway, and how many of them there may be.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";
import { MOST_KEPT, type UniqueIdentities } from "../ike/policy/client_rules.ts";
import type { ResponderOptions } from "../ike/responder.ts";
import { wholeNumber } from "./option_values.ts";

export interface LifeOptions {
  readonly ikeLifetime?: number;
  readonly ikeRekey: boolean;
  readonly reauthentication?: number;
  readonly liveness: number;
  readonly livenessRate: number;
  readonly unique?: UniqueIdentities;
  readonly ikeSaLimit: number;
  readonly halfOpenLimit: number;
  readonly mostFragmentOctets: number;
}

const LONGEST_SECONDS = 30 * 86_400;
const KEEP = "keep:";
const MOST_DEVICES = 1_000_000;

export function addLifeOptions(command: Command): Command {
  const seconds = wholeNumber(1, LONGEST_SECONDS);
  return command
    .option(
      "--ike-lifetime <seconds>",
      "rekey an IKE SA in the last fifth of that time, and delete one that is so old, but for a tenth at most; rekeying begins anew",
      seconds,
    )
    .option("--no-ike-rekey", "leave it to clients to rekey their IKE SAs in time")
    .option(
      "--reauthentication <seconds>",
      "delete an IKE SA whose client has not proven itself anew in so long (RFC 4478)",
      seconds,
    )
    .option(
      "--liveness <seconds>",
      "ask a client that is silent for so long for a sign of life, and let it go when it gives none; 0: never",
      wholeNumber(0, 86_400),
      60,
    )
    .option("--liveness-rate <count>", "clients asked for a sign of life at most each second", wholeNumber(1, 1_000_000), 1_000)
    .option(
      "--unique <policy>",
      "IKE SAs that one identity may have: keep (one, and the next is refused), replace (one, and the next takes its place), " +
        "a number, beyond which the one that is silent for the longest time goes, or keep:N (N, and the next is refused)",
      uniquePolicy,
    )
    .option(
      "--ike-sa-limit <count>",
      "IKE SAs in all at most; beyond, nobody new comes in",
      wholeNumber(1, 10_000_000),
      1_000_000,
    )
    .option(
      "--half-open-limit <count>",
      "IKE SAs at most whose client has not proven itself yet; beyond, the oldest of the greediest address prefix makes room",
      wholeNumber(1, 10_000_000),
      32_768,
    )
    .option(
      "--most-fragment-octets <octets>",
      "octets that all IKE SAs together hold in fragments of messages at most; beyond, the oldest are given up",
      wholeNumber(65_536, 2 ** 30),
      16_777_216,
    );
}

export function statedLifeOptions(options: LifeOptions): Partial<ResponderOptions> {
  return {
    ikeSaLifetimeSeconds: options.ikeLifetime,
    rekeyIkeSas: options.ikeRekey,
    reauthenticationSeconds: options.reauthentication,
    livenessSeconds: options.liveness,
    livenessChecksPerSecond: options.livenessRate,
    uniqueIdentities: options.unique,
    ikeSaLimit: options.ikeSaLimit,
    halfOpenLimit: options.halfOpenLimit,
    mostFragmentOctets: options.mostFragmentOctets,
  };
}

function uniquePolicy(text: string): UniqueIdentities {
  if (text === "keep" || text === "replace") return text;
  try {
    return text.startsWith(KEEP)
      ? { keep: wholeNumber(1, MOST_KEPT)(text.slice(KEEP.length)) }
      : wholeNumber(1, MOST_DEVICES)(text);
  } catch {
    throw new InvalidArgumentError(
      `Allowed are keep, replace, whole numbers from 1 to ${MOST_DEVICES}, and keep: with one from 1 to ${MOST_KEPT}.`,
    );
  }
}
