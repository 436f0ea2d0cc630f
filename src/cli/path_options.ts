/**
 * Options about addresses and ports that the ends talk over: MOBIKE, and what NATs make of them.
 *
 * @module
 */
import type { Command } from "commander";
import type { ResponderOptions } from "../ike/responder.ts";
import { isWildcard } from "../transport/local_address.ts";
import { ipAddress, repeated } from "./option_values.ts";

export interface GatewayPathOptions {
  readonly mobike: boolean;
  readonly alsoAt?: readonly string[];
  readonly address: readonly string[];
}

export interface ClientPathOptions {
  readonly mobike?: boolean;
  readonly refuseNats?: boolean;
  readonly startOnNatPort?: boolean;
}

/** Between two looks from which address a gateway is reached. */
const WATCH_SECONDS = 2;

export function addGatewayPathOptions(command: Command): Command {
  return command
    .option("--no-mobike", "do not let clients move from address to address with their IKE SA (MOBIKE)")
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
    .option("--start-on-nat-port", "begin on the port for clients behind NAT, where port 500 does not get through");
}

export function statedGatewayPath({ mobike, alsoAt = [], address }: GatewayPathOptions): Partial<ResponderOptions> {
  const told = [...new Set([...address, ...alsoAt])].filter((one) => !isWildcard(one));
  return { mobike, additionalAddresses: told.length > 1 || alsoAt.length > 0 ? told : [] };
}

export function statedClientPath({ mobike = false, refuseNats = false, startOnNatPort = false }: ClientPathOptions): {
  readonly configuration: { readonly mobike: boolean; readonly refuseNats: boolean; readonly startOnNatPort: boolean };
  readonly watchAddressSeconds?: number;
} {
  const configuration = { mobike, refuseNats, startOnNatPort };
  return mobike ? { configuration, watchAddressSeconds: WATCH_SECONDS } : { configuration };
}
