/**
 * EAP (RFC 7296, section 3.16; the message itself is RFC 3748, section 4).
 *
 * @module
 */
import type { EapPayload } from "../payload.ts";
import type { Reader } from "../reader.ts";
import { outOfRange, type Writer } from "../writer.ts";

/** Code, identifier and length. */
const EAP_HEAD_LENGTH = 4;

export function readEap(reader: Reader): EapPayload {
  const start = reader.position;
  const message = reader.rest();
  if (message.length < EAP_HEAD_LENGTH) {
    reader.fail("truncated", `an EAP message of at least ${EAP_HEAD_LENGTH} octets`, start);
  } else if (statedLength(message) !== message.length) {
    reader.fail("bad-length", `an EAP length of ${message.length}, not ${statedLength(message)}`, start + 2);
  }
  return { type: "EAP", message };
}

export function eapLength(payload: EapPayload): number {
  const { message } = payload;
  if (message.length < EAP_HEAD_LENGTH || statedLength(message) !== message.length) {
    throw outOfRange("EAP: message", "octets whose length field says their length", message.length);
  }
  return message.length;
}

export function writeEap(writer: Writer, payload: EapPayload): void {
  writer.copy(payload.message);
}

function statedLength(message: Uint8Array): number {
  return message[2] << 8 | message[3];
}
