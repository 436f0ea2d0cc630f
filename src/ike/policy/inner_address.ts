/**
 * Inner addresses: what a gateway gives its clients, and what they get (RFC 7296, section 2.19).
 *
 * @module
 */
import type { TrafficSelector } from "../../wire/payload.ts";
import { addressOctets } from "../message/address.ts";
import type { FamilyLeases } from "./address_leases.ts";
import { AddressPool } from "./address_pool.ts";
import { type AddressFamily, AddressRanges, familyOf } from "./address_ranges.ts";
import { subnetOf } from "./inner_address_attributes.ts";

/** What a client was given for use inside its tunnel: addresses of one family or both. All in text form. */
export interface InnerAddress {
  /** IPv4. */
  readonly address?: string;
  /** Of `address`. */
  readonly netmask?: string;
  /** An IPv6 address in text form. Not given: none of this family. */
  readonly ipv6Address?: string;
  /** Of `ipv6Address`: 0 to 128. */
  readonly ipv6PrefixLength?: number;
  /** Name servers of both families; often none. */
  readonly dns: readonly string[];
  /** Domains whose names those servers know, and others do not (RFC 8598); none: they are asked for all names. */
  readonly domains?: readonly string[];
  /** What is to be sent through this gateway: 10.0.0.0/8, 2001:db8::/32 (RFC 4718, section 6.3). */
  readonly subnets?: readonly string[];
  /** Seconds after which the address may not be used any more (RFC 4718, section 6.7); the client proves itself anew before. */
  readonly expirySeconds?: number;
}

/** What a gateway gives to clients that ask. */
export interface InnerAddressPolicy {
  /**
   * Ranges of either family, or both, that do not overlap, of each family at most 2^24 addresses: `parseSelectors("10.0.0.0/24, fd00::/64")`; of an
   * IPv6 range the first 2^22 are given. Never given are addresses of networks themselves, and IPv4's broadcast addresses: with a `netmask` or an
   * `ipv6PrefixLength`, those that it makes; without one, the first and, of IPv4, the last of a range that is a whole network of four addresses or
   * more (10.0.0.0/24, also where it is written as 10.0.0.0-10.0.0.255). Any other range is given as it is.
   */
  readonly ranges: readonly TrafficSelector[];
  /** IPv4, in text form. */
  readonly netmask?: string;
  /** 0 to 128. Not given: clients are told 128, an address alone. */
  readonly ipv6PrefixLength?: number;
  /** Name servers of either family, in text form: told to clients that ask for them. */
  readonly dns?: readonly string[];
  /** Domains that `dns` knows, as host names in ASCII: told to clients that ask, beside a name server (RFC 8598). */
  readonly domains?: readonly string[];
  /** Whole networks: told to every client that gets an address of their family, as what is to be sent through this gateway. */
  readonly subnets?: readonly TrafficSelector[];
  /**
   * Whether a client may also come without one, with what `remoteSelectors` allow. Default: it may not, gets FAILED_CP_REQUIRED and no
   * Child SA, and so cannot claim an address that is another's.
   */
  readonly optional?: boolean;
  /**
   * Ranges beside `ranges`, by names, which go to those clients alone whose rules name them (`rulesOf` of the configuration). No two overlap; at most
   * 64.
   */
  readonly pools?: { readonly [name: string]: readonly TrafficSelector[] };
  /** Whether an address, 4 or 16 octets, is kept for a client whose rules name it. Asked whenever another may get it: must be quick, and not throw. */
  readonly isReserved?: (address: Uint8Array) => boolean;
  /** @internal Where other workers give out the same addresses. */
  readonly leases?: FamilyLeases;
}

/** Each section has an order of its own, in which it is looked for. */
const MOST_POOLS = 64;

/** Addresses of each family, those included that are never given. */
export interface InnerAddressCounts {
  readonly ipv4: number;
  readonly ipv6: number;
}

/** Which IKE SA has which address, by family. */
export type InnerAddressPools = { readonly [Family in AddressFamily]?: AddressPool };

export const FAMILIES: readonly AddressFamily[] = ["ipv4", "ipv6"];

/** @throws {RangeError} what is wrong with a policy. */
export function checkInnerAddressPolicy(policy: InnerAddressPolicy): void {
  innerAddressPools(policy);
  const { dns = [], domains = [], subnets = [] } = policy;
  for (const address of dns) addressOctets(address);
  for (const domain of domains) {
    if (!DOMAIN.test(domain)) throw new RangeError(`inner addresses: "${domain}" is not a domain in ASCII`);
  }
  if (domains.length > 0 && dns.length === 0) {
    throw new RangeError("inner addresses: domains without a name server, expected at least one");
  }
  for (const subnet of subnets) {
    if (subnetOf(subnet) === undefined) throw new RangeError("inner addresses: a subnet is no whole network");
  }
}

/** Labels of letters, digits and hyphens, which stand neither first nor last. */
const DOMAIN = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;

/** @internal Throws a RangeError: what is wrong with ranges, netmask or prefix length. */
export function innerAddressPools(policy: InnerAddressPolicy): InnerAddressPools {
  const { ranges, netmask, ipv6PrefixLength, leases, isReserved, pools: named = {} } = policy;
  if (allRanges(policy).length === 0) throw new RangeError("inner addresses: no range, expected at least one");
  if (Object.keys(named).length > MOST_POOLS) {
    throw new RangeError(`inner addresses: ${Object.keys(named).length} pools, expected at most ${MOST_POOLS}`);
  }
  const networks = { ipv4: netmask, ipv6: ipv6PrefixLength };
  const pools: { [Family in AddressFamily]?: AddressPool } = {};
  for (const family of FAMILIES) {
    const ofFamily = (all: readonly TrafficSelector[]) => all.filter((range) => familyOf(range) === family);
    const sections = new Map(Object.entries(named).map(([name, own]) => [name, ofFamily(own)]));
    if (ofFamily(allRanges(policy)).length > 0) {
      pools[family] = new AddressPool(ofFamily(ranges), networks[family], leases?.[family], { sections, isReserved });
    } else if (networks[family] !== undefined) {
      throw new RangeError(`inner addresses: ${networks[family]} is of no range, expected one of its family`);
    }
  }
  return pools;
}

export function innerAddressCounts(policy: InnerAddressPolicy): InnerAddressCounts {
  const countOf = (family: AddressFamily) => {
    const own = allRanges(policy).filter((range) => familyOf(range) === family);
    return own.length > 0 ? new AddressRanges(own).size : 0;
  };
  return { ipv4: countOf("ipv4"), ipv6: countOf("ipv6") };
}

function allRanges({ ranges, pools = {} }: InnerAddressPolicy): readonly TrafficSelector[] {
  return [...ranges, ...Object.values(pools).flat()];
}
