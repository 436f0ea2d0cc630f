/**
 * RADIUS from a command line: servers that speak EAP with clients.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";
import { formatIdentity } from "../configuration/mod.ts";
import { isIP } from "node:net";
import { loadRadius, type Radius } from "../eap/mod.ts";
import type { Identity } from "../ticket/identity.ts";
import { UsageError } from "./exit_status.ts";
import { repeated } from "./option_values.ts";
import { readRadiusSecret } from "./secret_files.ts";

interface Server {
  readonly host: string;
  readonly port: number;
}

export interface RadiusLineOptions {
  readonly radius?: readonly Server[];
  readonly radiusSecret?: string;
}

const RADIUS_PORT = 1_812;

export function addRadiusOptions(command: Command): Command {
  return command
    .option(
      "--radius <host[:port]>",
      "let a server of RADIUS speak EAP with clients (RFC 3579); port 1812 if none is given (may be repeated: the next is asked where one does not answer)",
      repeated(server),
    )
    .option(
      "--radius-secret <file>",
      "secret shared with the servers of --radius, in a file of mode 0600: one line, without its end",
    );
}

/** @throws {UsageError} an option is missing, or the file cannot be read. */
export async function statedRadius(
  { radius, radiusSecret }: RadiusLineOptions,
  identity: Identity,
): Promise<Radius | undefined> {
  if (radius === undefined && radiusSecret === undefined) return undefined;
  if (radius === undefined || radiusSecret === undefined) {
    throw new UsageError("--radius and --radius-secret: expected both or none");
  }
  const secret = readRadiusSecret(radiusSecret);
  return await loadRadius({
    servers: radius.map((one) => ({ ...one, secret })),
    nasIdentifier: formatIdentity(identity).slice(0, LONGEST_NAME),
  });
}

/** `radius.example`, `192.0.2.1:1812`, `2001:db8::1`, `[2001:db8::1]:1812`. */
function server(text: string): Server {
  const [, bracketed, plain, stated] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? (isIP(text) === 6 ? text : "");
  const port = stated === undefined ? RADIUS_PORT : Number(stated);
  if (/^[\w.:-]+$/.test(host) && port >= 1 && port <= 65_535) return { host, port };
  throw new InvalidArgumentError("Allowed are radius.example, 192.0.2.1:1812, 2001:db8::1 and [2001:db8::1]:1812.");
}

/** Characters, of up to four octets: an attribute holds 253. */
const LONGEST_NAME = 63;
