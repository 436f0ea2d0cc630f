/**
 * CP in IKE_AUTH, initiator's side: inner addresses are asked for, and taken (RFC 7296, section 2.19).
 *
 * @module
 */
import { ConfigurationAttributeType, ConfigurationType } from "../../../wire/constants.ts";
import type { ConfigurationAttribute, ConfigurationPayload, Payload } from "../../../wire/payload.ts";
import { findPayload } from "../../message/notify.ts";
import type { InitiatorConfiguration } from "../../policy/initiator_configuration.ts";
import type { InnerAddress } from "../../policy/inner_address.ts";
import { innerAddressOf } from "../../policy/inner_address_attributes.ts";
import { innerAddressWishes } from "../../policy/inner_address_wishes.ts";

const {
  INTERNAL_IP4_ADDRESS,
  INTERNAL_IP4_NETMASK,
  INTERNAL_IP4_DNS,
  INTERNAL_IP6_ADDRESS,
  INTERNAL_IP6_DNS,
  INTERNAL_DNS_DOMAIN,
} = ConfigurationAttributeType;
const NO_OCTETS = new Uint8Array(0);

/**
 * CP(CFG_REQUEST): an address of no length asks for any (RFC 4718, section 6.2), another for the one that was had before (RFC 5723, section 5, note
 * 5). Networks and an expiry are not asked for (RFC 4718, sections 6.3 and 6.7).
 */
export function addressRequest(configuration: InitiatorConfiguration): ConfigurationPayload[] {
  const { ipv4, ipv6 } = innerAddressWishes(configuration);
  const attributes: ConfigurationAttribute[] = [];
  if (ipv4) {
    attributes.push(
      { attributeType: INTERNAL_IP4_ADDRESS, value: ipv4 },
      { attributeType: INTERNAL_IP4_NETMASK, value: NO_OCTETS },
      { attributeType: INTERNAL_IP4_DNS, value: NO_OCTETS },
    );
  }
  if (ipv6) {
    attributes.push(
      { attributeType: INTERNAL_IP6_ADDRESS, value: ipv6.length === 0 ? ipv6 : Uint8Array.of(...ipv6, WHOLE_ADDRESS) },
      { attributeType: INTERNAL_IP6_DNS, value: NO_OCTETS },
    );
  }
  if (attributes.length === 0) return [];
  attributes.push({ attributeType: INTERNAL_DNS_DOMAIN, value: NO_OCTETS });
  return [{ type: "CP", configurationType: ConfigurationType.CFG_REQUEST, attributes }];
}

/** The length of the prefix beside an address that is wished for. */
const WHOLE_ADDRESS = 128;

/** The addresses that the gateway gave. Those that were not asked for are not taken. */
export function assignedAddress(
  payloads: readonly Payload[],
  configuration: InitiatorConfiguration,
): InnerAddress | undefined {
  const { ipv4, ipv6 } = innerAddressWishes(configuration);
  if (!ipv4 && !ipv6) return undefined;
  const reply = findPayload(payloads, "CP");
  if (reply?.configurationType !== ConfigurationType.CFG_REPLY) return undefined;
  return innerAddressOf(
    reply.attributes.filter(({ attributeType }) =>
      attributeType === INTERNAL_IP4_ADDRESS ? ipv4 !== undefined : attributeType !== INTERNAL_IP6_ADDRESS || ipv6 !== undefined
    ),
  );
}
