/**
 * The answer to CP(CFG_REQUEST) in IKE_AUTH: an inner address for the client (RFC 7296, sections 2.19 and 3.15).
 *
 * @module
 */
import { ConfigurationAttributeType, ConfigurationType, NotifyType, TrafficSelectorType } from "../../../wire/constants.ts";
import { sameOctets } from "../../../wire/octets.ts";
import type { ConfigurationAttribute, ConfigurationPayload, Payload, TrafficSelector } from "../../../wire/payload.ts";
import { addressRangeSelector } from "../../child_sa/traffic_selectors.ts";
import type { SpiPair } from "../../ike_sa/spi.ts";
import { addressOctets } from "../../message/address.ts";
import { findPayload } from "../../message/notify.ts";
import { innerAddressOf } from "../../policy/inner_address.ts";
import type { Effect } from "../../states/effect.ts";
import { type Established, ownSpiOf } from "../../states/established.ts";
import type { ResponderContext } from "../responder_context.ts";

const { INTERNAL_IP4_ADDRESS, INTERNAL_IP4_NETMASK, INTERNAL_IP4_DNS } = ConfigurationAttributeType;

/** What the first Child SA is to be made with. */
export type AddressAnswer =
  | {
    readonly kind: "assigned";
    readonly payload: ConfigurationPayload;
    /** The address alone: a temporary entry of the policy, as long as the IKE SA lives (RFC 4718, section 4.13). */
    readonly selectors: readonly TrafficSelector[];
    readonly effect: Effect;
  }
  /** The client gets its selectors from the configuration. */
  | { readonly kind: "none" }
  /** No Child SA is made, and this notify says why. The IKE SA stands (RFC 7296, section 3.15.4). */
  | { readonly kind: "failed"; readonly notifyType: number };

/**
 * Gives the client the inner address that it asks for, if it is free, or another (RFC 5723, section 5, note 5). A client that
 * asks for any (INTERNAL_IP4_ADDRESS of no length) gets the one that it had in the IKE SA which it resumes, or the only one
 * that it names in TSi: a deployed client (Libreswan 5) that resumes asks for any, and names its earlier one there.
 *
 * @param predecessor the IKE SA that a ticket stands for: its address is free for the client that comes back.
 */
export function assignAddress(
  spis: SpiPair,
  payloads: readonly Payload[],
  predecessor: Established | undefined,
  { configuration, remoteAddresses: { pool } }: ResponderContext,
): AddressAnswer {
  const policy = configuration.innerAddresses;
  if (policy === undefined || pool === undefined) return { kind: "none" };
  const request = findPayload(payloads, "CP");
  const asked = request?.configurationType === ConfigurationType.CFG_REQUEST ? request.attributes : [];
  const wished = asked.find(({ attributeType }) => attributeType === INTERNAL_IP4_ADDRESS);
  if (wished === undefined) {
    return policy.optional ? { kind: "none" } : { kind: "failed", notifyType: NotifyType.FAILED_CP_REQUIRED };
  }
  const before = predecessor && ownSpiOf(predecessor);
  const wishes = [wished.value, before === undefined ? undefined : pool.find(before), loneAddress(payloads)];
  const address = pool.assign(spis.responderSpi, wishes, before);
  if (address === undefined) return { kind: "failed", notifyType: NotifyType.INTERNAL_ADDRESS_FAILURE };
  const wants = (type: number) => asked.some(({ attributeType }) => attributeType === type);
  const attributes: ConfigurationAttribute[] = [{ attributeType: INTERNAL_IP4_ADDRESS, value: address }];
  if (policy.netmask !== undefined && wants(INTERNAL_IP4_NETMASK)) {
    attributes.push({ attributeType: INTERNAL_IP4_NETMASK, value: addressOctets(policy.netmask) });
  }
  if (wants(INTERNAL_IP4_DNS)) {
    for (const server of policy.dns ?? []) attributes.push({ attributeType: INTERNAL_IP4_DNS, value: addressOctets(server) });
  }
  return {
    kind: "assigned",
    payload: { type: "CP", configurationType: ConfigurationType.CFG_REPLY, attributes },
    selectors: [addressRangeSelector(address, address)],
    effect: { type: "inner-address-assigned", spis, ...innerAddressOf(attributes)! },
  };
}

/** The one IPv4 address of TSi, if there is no other in it. */
function loneAddress(payloads: readonly Payload[]): Uint8Array | undefined {
  const [first, ...others] = findPayload(payloads, "TSi")?.selectors ?? [];
  if (first?.selectorType !== TrafficSelectorType.TS_IPV4_ADDR_RANGE) return undefined;
  const address = first.startAddress;
  const isLone = [first, ...others].every(({ startAddress, endAddress }) =>
    sameOctets(startAddress, address) && sameOctets(endAddress, address)
  );
  return isLone ? address : undefined;
}
