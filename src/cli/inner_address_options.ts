/**
 * Options about inner addresses, at either end.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";
import { isIPv4 } from "node:net";
import { parseSelectors } from "../configuration/mod.ts";
import { checkInnerAddressPolicy, type InnerAddressPolicy } from "../ike/policy/inner_address.ts";
import type { TrafficSelector } from "../wire/payload.ts";
import { configured, repeated } from "./option_values.ts";

export interface GatewayAddressOptions {
  readonly innerAddresses?: readonly TrafficSelector[];
  readonly innerDns?: readonly string[];
  readonly innerOptional?: boolean;
}

export interface ClientAddressOptions {
  readonly innerAddress?: true | string;
}

export function addGatewayAddressOptions(command: Command): Command {
  return command
    .option(
      "--inner-addresses <ranges>",
      "IPv4 addresses for clients to have in their tunnels: 10.0.0.0/24 (without its first and its last), 10.0.0.1-10.0.0.99",
      ranges,
    )
    .option("--inner-dns <ip>", "name server to tell those clients of (may be repeated)", repeated(ipv4Address))
    .option("--inner-optional", "let clients come without such an address as well");
}

export function addClientAddressOption(command: Command): Command {
  return command.option(
    "--inner-address [ip]",
    "ask for an address to have in the tunnel: any, or the one that this client had before",
    ipv4Address,
  );
}

/** Nothing without `--inner-addresses`. */
export function statedInnerAddresses(
  { innerAddresses, innerDns, innerOptional }: GatewayAddressOptions,
): { readonly innerAddresses?: InnerAddressPolicy } {
  if (innerAddresses === undefined) return {};
  return { innerAddresses: { ranges: innerAddresses, dns: innerDns, optional: innerOptional } };
}

function ranges(text: string): readonly TrafficSelector[] {
  const selectors = configured(parseSelectors)(text);
  try {
    checkInnerAddressPolicy({ ranges: selectors });
  } catch (error) {
    if (error instanceof RangeError) throw new InvalidArgumentError(`Not usable: ${error.message}.`);
    throw error;
  }
  return selectors;
}

function ipv4Address(text: string): string {
  if (!isIPv4(text)) throw new InvalidArgumentError("Allowed are IPv4 addresses.");
  return text;
}
