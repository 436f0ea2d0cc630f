/**
 * What stands in a payload, as an object for JSON: numbers by their names, octets in hexadecimal.
 *
 * @module
 */
import { formatIdentity, formatSelector } from "../configuration/mod.ts";
import { formatAddress } from "../ike/message/address.ts";
import { ConfigurationAttributeType, EapCode, TransformAttributeType } from "../wire/constants.ts";
import { toHexadecimal } from "../wire/hexadecimal.ts";
import type { ConfigurationAttribute, Payload, Proposal, Transform } from "../wire/payload.ts";
import { keyExchangeName, nameOf, transformName } from "./names.ts";

/** What JSON can hold. */
export type FieldValue = string | number | boolean | readonly FieldValue[] | { readonly [name: string]: FieldValue };

/** A payload by its type and what stands in it. Names of fields and values: docs/watching.md. */
export interface DecodedPayload {
  /** As RFC 7296, section 3.2, abbreviates it: `SA`, `KE`, `IDi`, `N` …; `unknown` for other types. */
  readonly type: Payload["type"];
  /** What the type has. */
  readonly [name: string]: FieldValue;
}

const IPV6_PREFIXED_LENGTH = 17;

/** The fields of a payload. Of SK and SKF those that stand outside. */
export function payloadFields(payload: Payload): DecodedPayload {
  const { type } = payload;
  switch (payload.type) {
    case "SA":
      return { type, proposals: payload.proposals.map(proposalFields) };
    case "KE":
      return { type, method: keyExchangeName(payload.group), octets: payload.keyExchangeData.length };
    case "IDi":
    case "IDr":
      return { type, id_type: nameOf("identity", payload.idType), identity: formatIdentity(payload) };
    case "CERT":
      return { type, encoding: nameOf("certificate", payload.encoding), octets: payload.certificate.length };
    case "CERTREQ":
      return { type, encoding: nameOf("certificate", payload.encoding), octets: payload.certificationAuthority.length };
    case "AUTH":
      return { type, method: nameOf("authentication", payload.method), octets: payload.data.length };
    case "Nonce":
      return { type, nonce: toHexadecimal(payload.nonce) };
    case "N":
      return {
        type,
        notify: nameOf("notify", payload.notifyType),
        notify_type: payload.notifyType,
        ...(payload.protocolId !== 0 && { protocol: nameOf("protocol", payload.protocolId) }),
        ...(payload.spi.length > 0 && { spi: toHexadecimal(payload.spi) }),
        data: toHexadecimal(payload.data),
      };
    case "D":
      return { type, protocol: nameOf("protocol", payload.protocolId), spis: payload.spis.map(toHexadecimal) };
    case "V":
      return { type, vendor_id: toHexadecimal(payload.vendorId) };
    case "TSi":
    case "TSr":
      return { type, selectors: payload.selectors.map(formatSelector) };
    case "SK":
      return { type, octets: payload.protectedOctets.length };
    case "SKF":
      return {
        type,
        octets: payload.protectedOctets.length,
        fragment: payload.fragmentNumber,
        fragments: payload.totalFragments,
      };
    case "CP":
      return {
        type,
        configuration: nameOf("configuration", payload.configurationType),
        attributes: payload.attributes.map(attributeFields),
      };
    case "EAP":
      return { type, ...eapFields(payload.message) };
    case "unknown":
      return { type, payload_type: payload.payloadType, critical: payload.critical, octets: payload.body.length };
  }
}

function proposalFields({ number, protocolId, spi, transforms }: Proposal): FieldValue {
  return {
    number,
    protocol: nameOf("protocol", protocolId),
    ...(spi.length > 0 && { spi: toHexadecimal(spi) }),
    transforms: transforms.map(transformText),
  };
}

/** Such as `ENCR AES-GCM-16 256`: its key length in bits behind it. */
function transformText({ transformType, transformId, attributes }: Transform): string {
  const words = attributes.map(({ attributeType, value }) => {
    const text = typeof value === "number" ? `${value}` : toHexadecimal(value);
    return attributeType === TransformAttributeType.KEY_LENGTH ? text : `${attributeType}=${text}`;
  });
  return [transformName(transformType, transformId), ...words].join(" ");
}

function attributeFields({ attributeType, value }: ConfigurationAttribute): FieldValue {
  return { attribute: nameOf("attribute", attributeType), value: attributeText(attributeType, value) };
}

function attributeText(attributeType: number, value: Uint8Array): string {
  const { INTERNAL_IP6_ADDRESS, INTERNAL_IP6_DNS, INTERNAL_IP6_SUBNET, INTERNAL_IP4_SUBNET, APPLICATION_VERSION } =
    ConfigurationAttributeType;
  const hasPrefix = attributeType === INTERNAL_IP6_ADDRESS || attributeType === INTERNAL_IP6_SUBNET;
  if (hasPrefix && value.length === IPV6_PREFIXED_LENGTH) return `${formatAddress(value.subarray(0, 16))}/${value[16]}`;
  if (attributeType === INTERNAL_IP6_DNS && value.length === 16) return formatAddress(value);
  if (attributeType === INTERNAL_IP4_SUBNET && value.length === 8) {
    return `${formatAddress(value.subarray(0, 4))}/${formatAddress(value.subarray(4))}`;
  }
  const isIpv4 = attributeType < INTERNAL_IP6_ADDRESS && attributeType !== APPLICATION_VERSION;
  return isIpv4 && value.length === 4 ? formatAddress(value) : toHexadecimal(value);
}

/** RFC 3748, section 4: the method's number stands in Request and Response alone. */
function eapFields(message: Uint8Array): { readonly [name: string]: FieldValue } {
  const [code, identifier] = message;
  const hasMethod = (code === EapCode.REQUEST || code === EapCode.RESPONSE) && message.length > 4;
  return {
    code: nameOf("eap", code),
    identifier,
    ...(hasMethod && { method: message[4] }),
    octets: message.length,
  };
}
