/**
 * Options about addresses and ports that the ends talk over: MOBIKE, and what NATs make of them.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { ResponderOptions } from "../ike/responder.ts";
import { isGatewayName } from "../ike/message/redirect_notifies.ts";
import { listenableAddresses } from "../transport/interface_address.ts";
import { isInterfaceName, isWildcard } from "../transport/local_address.ts";
import { ipAddress, repeated, wholeNumber } from "./option_values.ts";

export interface GatewayPathOptions {
  readonly mobike: boolean;
  readonly alsoAt?: readonly string[];
  readonly address: readonly string[];
  readonly redirectTo?: string;
  readonly redirectAt: "first" | "auth";
  readonly drainTo?: string;
  readonly drainSeconds?: number;
  readonly redirectRate: number;
  readonly childless: boolean;
}

export interface ClientPathOptions {
  readonly mobike?: boolean;
  readonly refuseNats?: boolean;
  readonly startOnNatPort?: boolean;
  readonly followRedirects?: boolean;
  readonly childless?: boolean;
}

/** Between two looks from which address a gateway is reached. */
const WATCH_SECONDS = 2;
const LONGEST_DRAIN_SECONDS = 86_400;

export function addGatewayPathOptions(command: Command): Command {
  return command
    .option("--no-mobike", "do not let clients move from address to address with their IKE SA (MOBIKE)")
    .option("--no-childless", "do not say in IKE_SA_INIT that IKE SAs come up without a Child SA")
    .option("--redirect-to <gateway>", "send clients that follow to another gateway, by its address or host name", gatewayName)
    .addOption(
      new Option("--redirect-at <when>", "by their first message, or once they have proven themselves").choices([
        "first",
        "auth",
      ])
        .default("first"),
    )
    .option("--drain-to <gateway>", "at SIGUSR2, send the clients that are up and follow to this gateway", gatewayName)
    .option(
      "--drain-seconds <seconds>",
      "with --drain-to: when told to end, send all clients there first, for so long at most; a second signal ends it at once (default: 0)",
      wholeNumber(0, LONGEST_DRAIN_SECONDS),
    )
    .option("--redirect-rate <count>", "clients that are up sent there at most each second", wholeNumber(1, 1_000_000), 100)
    .option(
      "--also-at <ip>",
      "another address that this gateway is met at, to tell clients with MOBIKE of (may be repeated; those of --address are told anyway)",
      repeated(ipAddress),
    );
}

export function addClientPathOptions(command: Command): Command {
  return command
    .option("--mobike", "follow when the address of this machine changes, with the same IKE SA (MOBIKE)")
    .option("--refuse-nats", "do not come up where a NAT stands between the ends")
    .option("--follow-redirects", "go to another gateway when this one says so, five times at most")
    .option(
      "--childless",
      "come up without a Child SA, where the gateway says that it does so (RFC 6023): an IKE SA, and its ticket, and no traffic",
    )
    .option("--start-on-nat-port", "begin on the port for clients behind NAT, where port 500 does not get through");
}

export function statedGatewayPath(
  { mobike, alsoAt = [], address, redirectTo, redirectAt, redirectRate, childless }: GatewayPathOptions,
): Partial<ResponderOptions> {
  const listened = address.flatMap((one) => isInterfaceName(one) ? listenableAddresses(one) : one);
  const told = [...new Set([...listened, ...alsoAt])].filter((one) => !isWildcard(one));
  const redirect = redirectTo === undefined
    ? {}
    : redirectAt === "first"
    ? { redirectFirst: () => redirectTo }
    : { redirectClient: () => redirectTo };
  return {
    mobike,
    childless,
    redirectsPerSecond: redirectRate,
    additionalAddresses: told.length > 1 || alsoAt.length > 0 ? told.slice(0, 8) : [],
    ...redirect,
  };
}

export function statedClientPath(
  { mobike = false, refuseNats = false, startOnNatPort = false, followRedirects = false, childless = false }: ClientPathOptions,
): {
  readonly configuration: {
    readonly mobike: boolean;
    readonly refuseNats: boolean;
    readonly startOnNatPort: boolean;
    readonly followRedirects: boolean;
    readonly childless: boolean;
  };
  readonly watchAddressSeconds?: number;
} {
  const configuration = { mobike, refuseNats, startOnNatPort, followRedirects, childless };
  return mobike ? { configuration, watchAddressSeconds: WATCH_SECONDS } : { configuration };
}

function gatewayName(text: string): string {
  if (isGatewayName(text)) return text;
  throw new InvalidArgumentError("Allowed are IP addresses and host names.");
}
