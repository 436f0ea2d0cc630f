/**
 * The command line of `deno task fleet`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { parseProfile } from "../../src/configuration/mod.ts";

export interface Options {
  readonly help: boolean;
  readonly json: boolean;
  readonly clients: number;
  /** Each once, as people write them. */
  readonly profiles: readonly string[];
  /** How often a client sends IKE_AUTH to a gateway that has answered it before. */
  readonly authAttempts: number;
  /** For how long clients are waited for, each time that a gateway went, in seconds. */
  readonly waitSeconds: number;
}

const DEFAULT_CLIENTS = 3_000;
const MOST_CLIENTS = 20_000;
const DEFAULT_PROFILES = "rfc5723,failover-03,resumption-00";
/** About a minute: see `RETRANSMISSION` in `fleet.ts`. */
const DEFAULT_AUTH_ATTEMPTS = 18;
const DEFAULT_WAIT_SECONDS = 300;

export const USAGE: string =
  `Usage: deno task fleet [--clients N] [--profile NAMES] [--auth-attempts N] [--wait SECONDS] [--json]

Three gateways of one domain, with a store on Redis under Sentinels, and clients over UDP that know all three: a rolling restart under load, in
which each gateway sends its clients to another one and goes; a gateway that is killed; a Redis primary that is killed. Needs redis-server.

  --clients N        how many clients, 30 to ${MOST_CLIENTS}; default ${DEFAULT_CLIENTS}
  --profile NAMES    forms of resumption, one run each, with commas between; default ${DEFAULT_PROFILES}
  --auth-attempts N  how often a client sends IKE_AUTH before it gives a gateway up, 1 to 100; default ${DEFAULT_AUTH_ATTEMPTS}, about a minute.
                     One that gives up may find its ticket used, and then makes a further full exchange
  --wait SECONDS     for how long clients may take to come back each time before they count as lost, 10 to 3600; default ${DEFAULT_WAIT_SECONDS}
  --json             one JSON object: {gateways, clients, profiles: [{profile, further_full_exchanges, lost, accepted_twice, without_sa_ms,
                     not_in_profile}]}

Exit status: 0 if no client made a further full exchange, none was lost and no ticket was accepted twice; 1 if not; 2 for bad options.`;

/** @throws {Error} an option is unknown, or its value is. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: "boolean" },
      json: { type: "boolean" },
      clients: { type: "string" },
      profile: { type: "string" },
      "auth-attempts": { type: "string" },
      wait: { type: "string" },
    },
  });
  const profiles = new Set((values.profile ?? DEFAULT_PROFILES).split(","));
  profiles.forEach(parseProfile);
  return {
    help: values.help ?? false,
    json: values.json ?? false,
    clients: wholeNumber("--clients", values.clients, DEFAULT_CLIENTS, [30, MOST_CLIENTS]),
    profiles: [...profiles],
    authAttempts: wholeNumber("--auth-attempts", values["auth-attempts"], DEFAULT_AUTH_ATTEMPTS, [1, 100]),
    waitSeconds: wholeNumber("--wait", values.wait, DEFAULT_WAIT_SECONDS, [10, 3_600]),
  };
}

function wholeNumber(option: string, text: string | undefined, otherwise: number, range: readonly [number, number]): number {
  if (text === undefined) return otherwise;
  const [least, most] = range;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new Error(`${option} ${text}: expected a whole number from ${least} to ${most}`);
}
