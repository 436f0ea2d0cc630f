/**
 * The answer to CP(CFG_REQUEST) in IKE_AUTH: inner addresses for the client (RFC 7296, sections 2.19 and 3.15).
 *
 * @module
 */
import { ConfigurationAttributeType, ConfigurationType, NotifyType } from "../../../wire/constants.ts";
import { sameOctets } from "../../../wire/octets.ts";
import type { ConfigurationAttribute, ConfigurationPayload, Payload, TrafficSelector } from "../../../wire/payload.ts";
import type { SpiPair } from "../../ike_sa/spi.ts";
import { addressOctets } from "../../message/address.ts";
import { findPayload } from "../../message/notify.ts";
import type { AddressWhence } from "../../policy/address_pool.ts";
import { type AddressFamily, familyOf } from "../../policy/address_ranges.ts";
import type { InnerAddressRule } from "../../policy/client_rules.ts";
import { FAMILIES, type InnerAddressPolicy } from "../../policy/inner_address.ts";
import {
  addressAttribute,
  addressSelectors,
  domainAttribute,
  innerAddressOf,
  nameServerAttribute,
  subnetAttribute,
  subnetOf,
} from "../../policy/inner_address_attributes.ts";
import type { Effect } from "../../states/effect.ts";
import type { Endpoint } from "../../steps/datagram.ts";
import type { ResponderContext } from "../responder_context.ts";
import type { SelectingClient } from "./remote_selectors.ts";

const {
  INTERNAL_IP4_ADDRESS,
  INTERNAL_IP4_NETMASK,
  INTERNAL_IP6_ADDRESS,
  INTERNAL_DNS_DOMAIN,
} = ConfigurationAttributeType;

/** What the first Child SA is to be made with. */
export type AddressAnswer =
  | {
    readonly kind: "assigned";
    readonly payload: ConfigurationPayload;
    /** The addresses alone: temporary entries of the policy, as long as the IKE SA lives (RFC 4718, section 4.13). */
    readonly selectors: readonly TrafficSelector[];
    readonly addresses: readonly Uint8Array[];
    readonly effect: Effect;
  }
  /** The client gets its selectors from the configuration. */
  | { readonly kind: "none" }
  /** No Child SA is made, and this notify says why. The IKE SA stands (RFC 7296, section 3.15.4). */
  | { readonly kind: "failed"; readonly notifyType: number };

const ADDRESS_TYPES = { ipv4: INTERNAL_IP4_ADDRESS, ipv6: INTERNAL_IP6_ADDRESS } as const;
/** An address that a client is told without a prefix of its own is no more than itself. */
const WHOLE_ADDRESS = 128;

/**
 * Gives the client an inner address of each family that it asks for: the one that it names, if it is free, or another (RFC 5723, section 5, note
 * 5). A client that asks for any (INTERNAL_IP4_ADDRESS of no length, or one that makes no sense: RFC 4718, section 6.2) gets the one that it had in
 * the IKE SA which it resumes, or the only one that it names in TSi: a deployed client (Libreswan 5) that resumes asks for any, and names its
 * earlier one there. What `rulesOf` says of the client goes before its wishes. It fails only where there is none of any family (RFC 4718, section 6.8).
 *
 * A client that proves itself anew beside its IKE SA asks for the address that it has there: that goes over to the new one, since one address has
 * to serve both (RFC 4718, section 5.2). It is known by its identity and by where it comes from, so that no other device of its identity takes it.
 *
 * @param client who asks, as far as it is proven. `isUnconfirmed`: nothing may be taken from an IKE SA that is up; what `predecessor` has is promised.
 * @param predecessor this end's SPI of the IKE SA that a ticket stands for: its addresses are free for the client that comes back.
 */
export function assignAddress(
  spis: SpiPair,
  payloads: readonly Payload[],
  client: Pick<SelectingClient, "identity" | "identityKey"> & { readonly remote: Endpoint; readonly isUnconfirmed?: boolean },
  predecessor: bigint | undefined,
  { configuration, remoteAddresses: { pools }, isSameClient }: ResponderContext,
): AddressAnswer {
  const policy = configuration.innerAddresses;
  if (policy === undefined || pools === undefined) return { kind: "none" };
  const request = findPayload(payloads, "CP");
  const asked = request?.configurationType === ConfigurationType.CFG_REQUEST ? request.attributes : [];
  const { innerAddress: rule, uniqueIdentities = configuration.uniqueIdentities } = configuration.rulesOf?.(client.identity) ??
    {};
  const addresses: Uint8Array[] = [];
  let isAsked = false;
  for (const family of FAMILIES) {
    const wished = asked.find(({ attributeType }) => attributeType === ADDRESS_TYPES[family]);
    if (wished === undefined) continue;
    isAsked = true;
    const pool = pools[family];
    const whence = whenceOf(rule, family, uniqueIdentities === "replace");
    // An interface identifier or an address, and the length of its prefix behind it.
    const value = whence.fixed ?? (family === "ipv6" ? wished.value.subarray(0, 16) : wished.value);
    const holder = predecessor ?? pool?.holderOf(value);
    const before = holder !== undefined && (holder === predecessor || isSameClient(holder, client.identityKey, client.remote))
      ? holder
      : undefined;
    const had = predecessor === undefined ? undefined : pool?.find(predecessor);
    const earlier = had && pool?.isFrom(had, whence) ? had : undefined;
    const wishes = [value, earlier, loneAddress(payloads, family)];
    const address = client.isUnconfirmed
      ? earlier ?? pool?.assign(spis.responderSpi, wishes, undefined, whence)
      : pool?.assign(spis.responderSpi, wishes, before, whence);
    if (address) addresses.push(address);
  }
  if (addresses.length === 0) {
    if (isAsked && !(policy.optional && isOfNoPool(asked, pools))) {
      return { kind: "failed", notifyType: NotifyType.INTERNAL_ADDRESS_FAILURE };
    }
    return policy.optional ? { kind: "none" } : { kind: "failed", notifyType: NotifyType.FAILED_CP_REQUIRED };
  }
  const attributes = replyAttributes(policy, asked, addresses);
  return {
    kind: "assigned",
    payload: { type: "CP", configurationType: ConfigurationType.CFG_REPLY, attributes },
    selectors: addressSelectors(addresses),
    addresses,
    effect: { type: "inner-address-assigned", spis, ...innerAddressOf(attributes)! },
  };
}

/** Where policy has the address of a family come from. */
function whenceOf(rule: InnerAddressRule | undefined, family: AddressFamily, isAlone: boolean): AddressWhence {
  if (rule === undefined) return ANYWHERE;
  const fixed = rule.addresses?.map(addressOctets).find(({ length }) => length === (family === "ipv4" ? 4 : 16));
  return { ...(rule.pool !== undefined && { section: rule.pool }), ...(fixed && { fixed, isAlone }) };
}

const ANYWHERE: AddressWhence = {};

/** Only addresses of a family are asked for that there are none of: who may come without one does. */
function isOfNoPool(
  asked: readonly ConfigurationAttribute[],
  pools: { readonly ipv4?: unknown; readonly ipv6?: unknown },
): boolean {
  return FAMILIES.every((family) =>
    pools[family] === undefined || !asked.some(({ attributeType }) => attributeType === ADDRESS_TYPES[family])
  );
}

/** Addresses first. What is sent unasked is what tells the client where its traffic is to go (RFC 4718, section 6.3). */
function replyAttributes(
  { netmask, ipv6PrefixLength = WHOLE_ADDRESS, dns = [], domains = [], subnets = [] }: InnerAddressPolicy,
  asked: readonly ConfigurationAttribute[],
  addresses: readonly Uint8Array[],
): ConfigurationAttribute[] {
  const wants = (type: number) => asked.some(({ attributeType }) => attributeType === type);
  const has = (length: number) => addresses.some((address) => address.length === length);
  const attributes = addresses.map((address) => addressAttribute(address, ipv6PrefixLength));
  if (netmask !== undefined && has(4) && wants(INTERNAL_IP4_NETMASK)) {
    attributes.push({ attributeType: INTERNAL_IP4_NETMASK, value: addressOctets(netmask) });
  }
  const servers = dns.map(nameServerAttribute).filter(({ attributeType }) => wants(attributeType));
  attributes.push(...servers);
  if (servers.length > 0 && wants(INTERNAL_DNS_DOMAIN)) attributes.push(...domains.map(domainAttribute));
  for (const subnet of subnets) {
    if (has(subnet.startAddress.length)) attributes.push(subnetAttribute(subnetOf(subnet)!));
  }
  return attributes;
}

/** The one address of a family in TSi, if there is no other of it. */
function loneAddress(payloads: readonly Payload[], family: string): Uint8Array | undefined {
  const [first, ...others] = (findPayload(payloads, "TSi")?.selectors ?? []).filter((one) => familyOf(one) === family);
  if (first === undefined) return undefined;
  const address = first.startAddress;
  const isLone = [first, ...others].every(({ startAddress, endAddress }) =>
    sameOctets(startAddress, address) && sameOctets(endAddress, address)
  );
  return isLone ? address : undefined;
}
