/**
 * Inner addresses as both ends speak of them in CP payloads (RFC 7296, section 3.15.1).
 *
 * @module
 */
import { ConfigurationAttributeType } from "../../wire/constants.ts";
import type { ConfigurationAttribute, TrafficSelector } from "../../wire/payload.ts";
import { addressOctets } from "../message/address.ts";
import type { AddressLeases } from "./address_leases.ts";
import { AddressPool } from "./address_pool.ts";

/** What a client was given for use inside its tunnel. All in text form. */
export interface InnerAddress {
  readonly address: string;
  readonly netmask?: string;
  /** Name servers; often none. */
  readonly dns: readonly string[];
}

/** What a gateway gives to clients that ask. */
export interface InnerAddressPolicy {
  /**
   * IPv4 ranges that do not overlap, together at most 2^24 addresses: `parseSelectors("10.0.0.0/24")`. The addresses of networks themselves and
   * their broadcast addresses are not given: with a `netmask`, those that it makes; without one, the first and the last of a range that is a
   * whole network of four addresses or more (10.0.0.0/24, also where it is written as 10.0.0.0-10.0.0.255). Any other range is given as it is.
   */
  readonly ranges: readonly TrafficSelector[];
  /** IPv4, in text form. */
  readonly netmask?: string;
  /** IPv4, in text form. */
  readonly dns?: readonly string[];
  /**
   * Whether a client may also come without one, with what `remoteSelectors` allow. Default: it may not, gets FAILED_CP_REQUIRED and no
   * Child SA, and so cannot claim an address that is another's.
   */
  readonly optional?: boolean;
  /** Where other workers give out the same addresses. */
  readonly leases?: AddressLeases;
}

/** @throws {RangeError} what is wrong with a policy. */
export function checkInnerAddressPolicy({ ranges, netmask, dns = [] }: InnerAddressPolicy): void {
  new AddressPool(ranges, netmask);
  for (const address of dns) {
    if (addressOctets(address).length !== 4) throw new RangeError(`inner addresses: "${address}" is not an IPv4 address`);
  }
}

/** What a CFG_REPLY says; `undefined` without an IPv4 address. */
export function innerAddressOf(attributes: readonly ConfigurationAttribute[]): InnerAddress | undefined {
  const valuesOf = (type: number) =>
    attributes.filter(({ attributeType, value }) => attributeType === type && value.length === 4).map(({ value }) =>
      value.join(".")
    );
  const [address] = valuesOf(ConfigurationAttributeType.INTERNAL_IP4_ADDRESS);
  if (address === undefined) return undefined;
  const [netmask] = valuesOf(ConfigurationAttributeType.INTERNAL_IP4_NETMASK);
  const dns = valuesOf(ConfigurationAttributeType.INTERNAL_IP4_DNS);
  return { address, ...(netmask === undefined ? {} : { netmask }), dns };
}
