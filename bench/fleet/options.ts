/**
 * The command line of `deno task fleet`.
 *
 * @module
 */
import { parseArgs } from "node:util";

export interface Options {
  readonly help: boolean;
  readonly json: boolean;
  readonly clients: number;
  readonly profiles: readonly string[];
}

const DEFAULT_CLIENTS = 3_000;
const MOST_CLIENTS = 20_000;

export const USAGE: string = `Usage: deno task fleet [--clients N] [--profile NAMES] [--json]

Three gateways of one domain, with a store on Redis under Sentinels, and clients over UDP that know all three: a rolling restart under load, in
which each gateway sends its clients to another one and goes; a gateway that is killed; a Redis primary that is killed. Needs redis-server.

  --clients N      how many clients, 30 to ${MOST_CLIENTS}; default ${DEFAULT_CLIENTS}
  --profile NAMES  forms of resumption, with commas between; default rfc5723
  --json           one JSON object: {gateways, clients, profiles: [{profile, further_full_exchanges, lost, accepted_twice, without_sa_ms}]}

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
    },
  });
  const clients = Number(values.clients ?? DEFAULT_CLIENTS);
  if (!Number.isInteger(clients) || clients < 30 || clients > MOST_CLIENTS) {
    throw new Error(`--clients ${values.clients}: expected a whole number from 30 to ${MOST_CLIENTS}`);
  }
  return {
    help: values.help ?? false,
    json: values.json ?? false,
    clients,
    profiles: (values.profile ?? "rfc5723").split(","),
  };
}
