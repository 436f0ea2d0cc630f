/**
 * Attributes of CP payloads, as both ends write and read them (RFC 7296, section 3.15.1; RFC 8598, section 4.1).
 *
 * @module
 */
import { ConfigurationAttributeType } from "../../wire/constants.ts";
import type { ConfigurationAttribute, TrafficSelector } from "../../wire/payload.ts";
import { addressRangeSelector } from "../child_sa/traffic_selectors.ts";
import { addressOctets, formatAddress } from "../message/address.ts";
import type { InnerAddress } from "./inner_address.ts";

const {
  INTERNAL_IP4_ADDRESS,
  INTERNAL_IP4_NETMASK,
  INTERNAL_IP4_DNS,
  INTERNAL_IP4_SUBNET,
  INTERNAL_ADDRESS_EXPIRY,
  INTERNAL_IP6_ADDRESS,
  INTERNAL_IP6_DNS,
  INTERNAL_IP6_SUBNET,
  INTERNAL_DNS_DOMAIN,
} = ConfigurationAttributeType;

/** What a reply says of each kind is read so often at most. */
const MOST_OF_A_KIND = 32;
const LONGEST_DOMAIN = 253;

/** INTERNAL_IP4_ADDRESS or INTERNAL_IP6_ADDRESS, which has the length of its prefix with it. */
export function addressAttribute(address: Uint8Array, ipv6PrefixLength: number): ConfigurationAttribute {
  return address.length === 4
    ? { attributeType: INTERNAL_IP4_ADDRESS, value: address }
    : { attributeType: INTERNAL_IP6_ADDRESS, value: withPrefixLength(address, ipv6PrefixLength) };
}

/** INTERNAL_IP4_DNS or INTERNAL_IP6_DNS. */
export function nameServerAttribute(server: string): ConfigurationAttribute {
  const value = addressOctets(server);
  return { attributeType: value.length === 4 ? INTERNAL_IP4_DNS : INTERNAL_IP6_DNS, value };
}

/** INTERNAL_DNS_DOMAIN: the name without a null behind it. */
export function domainAttribute(domain: string): ConfigurationAttribute {
  return { attributeType: INTERNAL_DNS_DOMAIN, value: new TextEncoder().encode(domain) };
}

/** INTERNAL_IP4_SUBNET, an address and its netmask, or INTERNAL_IP6_SUBNET, an address and the length of its prefix. */
export function subnetAttribute({ startAddress, prefixLength }: Subnet): ConfigurationAttribute {
  if (startAddress.length === 16) {
    return { attributeType: INTERNAL_IP6_SUBNET, value: withPrefixLength(startAddress, prefixLength) };
  }
  const value = new Uint8Array(8);
  value.set(startAddress);
  new DataView(value.buffer).setUint32(4, prefixLength === 0 ? 0 : 0xffffffff << 32 - prefixLength >>> 0);
  return { attributeType: INTERNAL_IP4_SUBNET, value };
}

export interface Subnet {
  readonly startAddress: Uint8Array;
  readonly prefixLength: number;
}

/** The network that a selector is all of; `undefined`: it is more or less than one. */
export function subnetOf({ startAddress, endAddress }: TrafficSelector): Subnet | undefined {
  const bits = 8 * startAddress.length;
  let prefixLength = 0;
  const bitOf = (octets: Uint8Array, at: number) => octets[at >> 3] >> 7 - (at & 7) & 1;
  while (prefixLength < bits && bitOf(startAddress, prefixLength) === bitOf(endAddress, prefixLength)) prefixLength++;
  for (let at = prefixLength; at < bits; at++) {
    if (bitOf(startAddress, at) !== 0 || bitOf(endAddress, at) !== 1) return undefined;
  }
  return { startAddress, prefixLength };
}

/** What a CFG_REPLY says; `undefined` without an address. Attributes of a wrong length or with a wrong netmask are passed over. */
export function innerAddressOf(attributes: readonly ConfigurationAttribute[]): InnerAddress | undefined {
  const valuesOf = (type: number, length: number) =>
    attributes.filter(({ attributeType, value }) => attributeType === type && value.length === length)
      .slice(0, MOST_OF_A_KIND).map(({ value }) => value);
  const [ipv4] = valuesOf(INTERNAL_IP4_ADDRESS, 4);
  const [ipv6] = valuesOf(INTERNAL_IP6_ADDRESS, 17).filter((value) => value[16] <= 128);
  if (!ipv4 && !ipv6) return undefined;
  const [netmask] = ipv4 ? valuesOf(INTERNAL_IP4_NETMASK, 4) : [];
  const dns = [...valuesOf(INTERNAL_IP4_DNS, 4), ...valuesOf(INTERNAL_IP6_DNS, 16)].map(formatAddress);
  const subnets = [...valuesOf(INTERNAL_IP4_SUBNET, 8), ...valuesOf(INTERNAL_IP6_SUBNET, 17)].flatMap((value) =>
    subnetText(value) ?? []
  );
  // Without a name server they mean nothing (RFC 8598, section 4.1).
  const domains = dns.length > 0 ? domainsOf(attributes) : [];
  const [expiry] = valuesOf(INTERNAL_ADDRESS_EXPIRY, 4);
  return {
    ...(ipv4 && { address: formatAddress(ipv4) }),
    ...(netmask && { netmask: formatAddress(netmask) }),
    ...(ipv6 && { ipv6Address: formatAddress(ipv6.subarray(0, 16)), ipv6PrefixLength: ipv6[16] }),
    dns,
    ...(domains.length > 0 && { domains }),
    ...(subnets.length > 0 && { subnets }),
    ...(expiry && { expirySeconds: new DataView(expiry.buffer, expiry.byteOffset).getUint32(0) }),
  };
}

/** The addresses alone, as selectors. */
export function addressSelectors(addresses: readonly Uint8Array[]): TrafficSelector[] {
  return addresses.map((address) => addressRangeSelector(address, address));
}

function domainsOf(attributes: readonly ConfigurationAttribute[]): string[] {
  return attributes.filter(({ attributeType, value }) =>
    attributeType === INTERNAL_DNS_DOMAIN && value.length > 0 && value.length <= LONGEST_DOMAIN && value.every(isVisible)
  ).slice(0, MOST_OF_A_KIND).map(({ value }) => new TextDecoder().decode(value));
}

function isVisible(octet: number): boolean {
  return octet > 0x20 && octet < 0x7f;
}

/** `undefined`: a prefix that is too long, or a netmask that is more than bits that are set and then bits that are not. */
function subnetText(value: Uint8Array): string | undefined {
  if (value.length === 17) {
    return value[16] <= 128 ? `${formatAddress(value.subarray(0, 16))}/${value[16]}` : undefined;
  }
  const hosts = ~new DataView(value.buffer, value.byteOffset).getUint32(4) >>> 0;
  const bits = Math.log2(hosts + 1);
  return Number.isInteger(bits) ? `${formatAddress(value.subarray(0, 4))}/${32 - bits}` : undefined;
}

function withPrefixLength(address: Uint8Array, prefixLength: number): Uint8Array {
  const value = new Uint8Array(17);
  value.set(address);
  value[16] = prefixLength;
  return value;
}
