/**
 * RADIUS packets (RFC 2865, section 3), always with a Message-Authenticator (RFC 3579, section 3.2), without which answers can be forged by collisions
 * of MD5 (CVE-2024-3596, "Blast-RADIUS").
 *
 * @module
 */
import { createHash, createHmac } from "node:crypto";
import { equalInConstantTime } from "../../crypto/constant_time.ts";
import { concatenate } from "../../wire/octets.ts";

export const RadiusCode = { ACCESS_REQUEST: 1, ACCESS_ACCEPT: 2, ACCESS_REJECT: 3, ACCESS_CHALLENGE: 11 } as const;

export const RadiusAttribute = {
  USER_NAME: 1,
  SERVICE_TYPE: 6,
  FRAMED_MTU: 12,
  STATE: 24,
  VENDOR_SPECIFIC: 26,
  NAS_IDENTIFIER: 32,
  NAS_PORT_TYPE: 61,
  EAP_MESSAGE: 79,
  MESSAGE_AUTHENTICATOR: 80,
} as const;

export const AUTHENTICATOR_LENGTH = 16;
/** Octets of the longest packet (RFC 2865, section 3). */
export const LONGEST_PACKET = 4_096;
/** Octets of the longest value of an attribute (RFC 2865, section 5). */
export const LONGEST_VALUE = 253;

const HEADER_LENGTH = 20;
const AUTHENTICATOR_OFFSET = 4;
const ATTRIBUTE_HEADER_LENGTH = 2;

export interface Attribute {
  readonly type: number;
  readonly value: Uint8Array;
}

export interface RadiusAnswer {
  readonly code: number;
  readonly attributes: readonly Attribute[];
}

/** An attribute for each part of a value that may be longer than one holds (RFC 3579, section 3.1). */
export function attributesOf(type: number, value: Uint8Array): Attribute[] {
  const parts: Attribute[] = [];
  for (let start = 0; start < value.length; start += LONGEST_VALUE) {
    parts.push({ type, value: value.subarray(start, start + LONGEST_VALUE) });
  }
  return parts;
}

/** What all attributes of a type hold together; `undefined`: there is none. */
export function valueOf({ attributes }: RadiusAnswer, type: number): Uint8Array | undefined {
  const found = attributes.filter((attribute) => attribute.type === type);
  return found.length === 0 ? undefined : concatenate(found.map(({ value }) => value));
}

/**
 * An Access-Request, its Message-Authenticator first. `undefined`: it would be longer than packets may be.
 *
 * @param authenticator Random, and never used before.
 */
export function accessRequest(
  identifier: number,
  authenticator: Uint8Array,
  attributes: readonly Attribute[],
  secret: Uint8Array,
): Uint8Array | undefined {
  if (!isSendable(attributes)) return undefined;
  const all = [NO_AUTHENTICATOR, ...attributes];
  const length = lengthOf(all);
  const packet = new Uint8Array(length);
  packet.set([RadiusCode.ACCESS_REQUEST, identifier, length >> 8, length & 0xff]);
  packet.set(authenticator, AUTHENTICATOR_OFFSET);
  let offset = HEADER_LENGTH;
  for (const { type, value } of all) {
    packet.set([type, ATTRIBUTE_HEADER_LENGTH + value.length], offset);
    packet.set(value, offset + ATTRIBUTE_HEADER_LENGTH);
    offset += ATTRIBUTE_HEADER_LENGTH + value.length;
  }
  packet.set(hmacMd5(secret, packet), HEADER_LENGTH + ATTRIBUTE_HEADER_LENGTH);
  return packet;
}

/** Whether an Access-Request has room for these attributes beside its Message-Authenticator. */
export function isSendable(attributes: readonly Attribute[]): boolean {
  return lengthOf([NO_AUTHENTICATOR, ...attributes]) <= LONGEST_PACKET &&
    attributes.every(({ value }) => value.length <= LONGEST_VALUE);
}

/** What the Message-Authenticator is computed over in its own place. */
const NO_AUTHENTICATOR: Attribute = {
  type: RadiusAttribute.MESSAGE_AUTHENTICATOR,
  value: new Uint8Array(AUTHENTICATOR_LENGTH),
};

function lengthOf(attributes: readonly Attribute[]): number {
  return attributes.reduce((sum, { value }) => sum + ATTRIBUTE_HEADER_LENGTH + value.length, HEADER_LENGTH);
}

/** What a server answers a request with; `undefined`: it is not authentic, is cut short, or has no right Message-Authenticator. */
export function readAnswer(octets: Uint8Array, request: Uint8Array, secret: Uint8Array): RadiusAnswer | undefined {
  if (octets.length < HEADER_LENGTH || octets.length > LONGEST_PACKET || octets[1] !== request[1]) return undefined;
  const length = octets[2] << 8 | octets[3];
  if (length < HEADER_LENGTH || length > octets.length) return undefined;
  const packet = octets.slice(0, length);
  const received = packet.slice(AUTHENTICATOR_OFFSET, HEADER_LENGTH);
  // Both are made over the authenticator of the request.
  packet.set(request.subarray(AUTHENTICATOR_OFFSET, HEADER_LENGTH), AUTHENTICATOR_OFFSET);
  const attributes = readAttributes(packet);
  if (attributes === undefined || !hasMessageAuthenticator(packet, attributes, secret)) return undefined;
  const expected = new Uint8Array(createHash("md5").update(packet).update(secret).digest());
  if (!equalInConstantTime(received, expected)) return undefined;
  return { code: packet[0], attributes };
}

interface PlacedAttribute extends Attribute {
  readonly offset: number;
}

function readAttributes(packet: Uint8Array): PlacedAttribute[] | undefined {
  const attributes: PlacedAttribute[] = [];
  for (let offset = HEADER_LENGTH; offset < packet.length;) {
    const length = packet[offset + 1] ?? 0;
    if (length < ATTRIBUTE_HEADER_LENGTH || offset + length > packet.length) return undefined;
    const start = offset + ATTRIBUTE_HEADER_LENGTH;
    attributes.push({ type: packet[offset], value: packet.slice(start, offset + length), offset: start });
    offset += length;
  }
  return attributes;
}

/** There is one, once, and it is right. */
function hasMessageAuthenticator(packet: Uint8Array, attributes: readonly PlacedAttribute[], secret: Uint8Array): boolean {
  const found = attributes.filter(({ type }) => type === RadiusAttribute.MESSAGE_AUTHENTICATOR);
  if (found.length !== 1 || found[0].value.length !== AUTHENTICATOR_LENGTH) return false;
  const [{ value, offset }] = found;
  const blanked = packet.slice();
  blanked.fill(0, offset, offset + AUTHENTICATOR_LENGTH);
  return equalInConstantTime(hmacMd5(secret, blanked), value);
}

function hmacMd5(secret: Uint8Array, octets: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac("md5", secret).update(octets).digest());
}
