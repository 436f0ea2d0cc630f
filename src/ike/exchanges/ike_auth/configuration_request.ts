/**
 * CP in IKE_AUTH, initiator's side: an inner address is asked for, and taken (RFC 7296, section 2.19).
 *
 * @module
 */
import { ConfigurationAttributeType, ConfigurationType } from "../../../wire/constants.ts";
import type { ConfigurationPayload, Payload } from "../../../wire/payload.ts";
import { addressOctets } from "../../message/address.ts";
import { findPayload } from "../../message/notify.ts";
import type { InitiatorConfiguration } from "../../policy/initiator_configuration.ts";
import { type InnerAddress, innerAddressOf } from "../../policy/inner_address.ts";

const NO_OCTETS = new Uint8Array(0);

/** CP(CFG_REQUEST): an address of no length asks for any, another for the one that was had before (RFC 5723, section 5, note 5). */
export function addressRequest({ requestInnerAddress }: InitiatorConfiguration): ConfigurationPayload[] {
  if (requestInnerAddress === false) return [];
  const wished = requestInnerAddress === true ? NO_OCTETS : addressOctets(requestInnerAddress);
  return [{
    type: "CP",
    configurationType: ConfigurationType.CFG_REQUEST,
    attributes: [
      { attributeType: ConfigurationAttributeType.INTERNAL_IP4_ADDRESS, value: wished },
      { attributeType: ConfigurationAttributeType.INTERNAL_IP4_NETMASK, value: NO_OCTETS },
      { attributeType: ConfigurationAttributeType.INTERNAL_IP4_DNS, value: NO_OCTETS },
    ],
  }];
}

/** The address that the gateway gave. One that was not asked for is not taken. */
export function assignedAddress(
  payloads: readonly Payload[],
  { requestInnerAddress }: InitiatorConfiguration,
): InnerAddress | undefined {
  if (requestInnerAddress === false) return undefined;
  const reply = findPayload(payloads, "CP");
  return reply?.configurationType === ConfigurationType.CFG_REPLY ? innerAddressOf(reply.attributes) : undefined;
}
