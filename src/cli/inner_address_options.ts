/**
 * Options about inner addresses, at either end.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";
import { parseSelectors } from "../configuration/mod.ts";
import { checkInnerAddressPolicy, type InnerAddressPolicy } from "../ike/policy/inner_address.ts";
import { anyIpv4Selector } from "../ike/child_sa/traffic_selectors.ts";
import { checkInnerAddressWishes } from "../ike/policy/inner_address_wishes.ts";
import type { TrafficSelector } from "../wire/payload.ts";
import { UsageError } from "./exit_status.ts";
import { configured, ipAddress, repeated, wholeNumber } from "./option_values.ts";

export interface GatewayAddressOptions {
  readonly innerAddresses?: readonly TrafficSelector[];
  readonly innerNetmask?: string;
  readonly innerPrefixLength?: number;
  readonly innerDns?: readonly string[];
  readonly innerDomain?: readonly string[];
  readonly innerSubnets?: readonly TrafficSelector[];
  readonly innerOptional?: boolean;
  readonly innerPool?: readonly NamedPool[];
}

/** Addresses for those clients alone whose rules name them. */
interface NamedPool {
  readonly name: string;
  readonly ranges: readonly TrafficSelector[];
}

export interface ClientAddressOptions {
  readonly innerAddress?: true | readonly string[];
  readonly innerRequired?: boolean;
  readonly localTs?: readonly TrafficSelector[];
}

export function addGatewayAddressOptions(command: Command): Command {
  return command
    .option(
      "--inner-addresses <ranges>",
      "addresses for clients to have in their tunnels, IPv4, IPv6 or both: 10.0.0.0/24 (without its first and its last), 10.0.0.1-10.0.0.99,fd00::/64",
      ranges,
    )
    .option("--inner-netmask <mask>", "IPv4 netmask to tell those clients of, such as 255.255.255.0", ipAddress)
    .option("--inner-prefix-length <bits>", "the same for IPv6 (default: 128)", wholeNumber(0, 128))
    .option("--inner-dns <ip>", "name server to tell those clients of (may be repeated)", repeated(ipAddress))
    .option(
      "--inner-domain <name>",
      "domain whose names that server knows, and others do not (may be repeated)",
      repeated(String),
    )
    .option(
      "--inner-subnets <networks>",
      "networks to tell those clients of, as what is to be sent through this gateway, with commas between",
      configured(parseSelectors),
    )
    .option("--inner-optional", "let clients come without such an address as well")
    .option(
      "--inner-pool <name=ranges>",
      "addresses beside --inner-addresses, for those users alone whose entry in the configuration file has this pool: staff=10.7.0.0/24 (may be repeated)",
      repeated(namedPool),
    );
}

export function addClientAddressOption(command: Command): Command {
  return command
    .option(
      "--inner-address [ip]",
      "ask for addresses to have in the tunnel, one of each family that --local-ts has: any, or the one that this client had before (may be repeated, with one of each family)",
      addresses,
    )
    .option("--inner-required", "do without a connection where the gateway gives no address");
}

/** @throws {UsageError} addresses of one family twice, or of one that there are no selectors of. */
export function statedInnerAddress(
  { innerAddress, innerRequired = false, localTs = [anyIpv4Selector()] }: ClientAddressOptions,
): {
  readonly requestInnerAddress: boolean | readonly string[];
  readonly innerAddressRequired: boolean;
} {
  if (innerRequired && innerAddress === undefined) {
    throw new UsageError("--inner-required: there is no --inner-address to require");
  }
  const requestInnerAddress = innerAddress ?? false;
  try {
    checkInnerAddressWishes({ requestInnerAddress, localSelectors: localTs });
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`--inner-address and --local-ts: ${error.message}`);
    throw error;
  }
  return { requestInnerAddress, innerAddressRequired: innerRequired };
}

/** Nothing without `--inner-addresses` and `--inner-pool`. */
export function statedInnerAddresses(
  options: GatewayAddressOptions,
  isReserved?: (address: Uint8Array) => boolean,
): { readonly innerAddresses?: InnerAddressPolicy } {
  const { innerAddresses: ranges = [], innerPool = [] } = options;
  if (ranges.length === 0 && innerPool.length === 0) return {};
  const pools = Object.fromEntries(innerPool.map(({ name, ranges }) => [name, ranges]));
  if (Object.keys(pools).length < innerPool.length) throw new UsageError("--inner-pool: two of one name, expected each once");
  const policy = {
    ranges,
    pools,
    ...(isReserved && { isReserved }),
    netmask: options.innerNetmask,
    ipv6PrefixLength: options.innerPrefixLength,
    dns: options.innerDns,
    domains: options.innerDomain,
    subnets: options.innerSubnets,
    optional: options.innerOptional,
  };
  try {
    checkInnerAddressPolicy(policy);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`--inner-addresses and what goes with it: ${error.message}`);
    throw error;
  }
  return { innerAddresses: policy };
}

function namedPool(text: string): NamedPool {
  const [, name, addresses] = /^([A-Za-z0-9_.-]{1,64})=(.+)$/.exec(text) ?? [];
  if (name === undefined) {
    throw new InvalidArgumentError("Allowed is a name of letters and digits, =, and ranges: staff=10.7.0.0/24.");
  }
  return { name, ranges: ranges(addresses) };
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

function addresses(text: string, earlier: true | readonly string[] | undefined): readonly string[] {
  return repeated(ipAddress)(text, earlier === true ? undefined : earlier);
}
