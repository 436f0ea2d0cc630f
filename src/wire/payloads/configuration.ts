/**
 * CP (RFC 7296, section 3.15).
 *
 * @module
 */
import { MAXIMUM_CONFIGURATION_ATTRIBUTES } from "../limits.ts";
import type { ConfigurationAttribute, ConfigurationPayload } from "../payload.ts";
import type { Reader } from "../reader.ts";
import { outOfRange, type Writer } from "../writer.ts";

const ATTRIBUTE_TYPE_MASK = 0x7fff;
const AT_MOST = `at most ${MAXIMUM_CONFIGURATION_ATTRIBUTES} attributes`;

export function readConfiguration(reader: Reader): ConfigurationPayload {
  const configurationType = reader.u8();
  reader.skip(3);
  const attributes: ConfigurationAttribute[] = [];
  while (reader.remaining > 0) {
    if (attributes.length === MAXIMUM_CONFIGURATION_ATTRIBUTES) reader.fail("too-many", AT_MOST);
    const attributeType = reader.u16() & ATTRIBUTE_TYPE_MASK;
    attributes.push({ attributeType, value: reader.octets(reader.u16()) });
  }
  return { type: "CP", configurationType, attributes };
}

export function configurationLength(payload: ConfigurationPayload): number {
  let length = 4;
  for (const attribute of payload.attributes) length += 4 + attribute.value.length;
  return length;
}

export function writeConfiguration(writer: Writer, payload: ConfigurationPayload): void {
  writer.u8(payload.configurationType, "CP: type");
  writer.zeros(3);
  const count = payload.attributes.length;
  if (count > MAXIMUM_CONFIGURATION_ATTRIBUTES) throw outOfRange("CP: attributes", AT_MOST, count);
  for (const { attributeType, value } of payload.attributes) {
    if (attributeType > ATTRIBUTE_TYPE_MASK) throw outOfRange("CP: attribute type", "0 to 32767", attributeType);
    writer.u16(attributeType, "CP: attribute type");
    writer.u16(value.length, "CP: attribute length");
    writer.copy(value);
  }
}
