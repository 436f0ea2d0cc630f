/**
 * KE (RFC 7296, section 3.4).
 *
 * @module
 */
import type { KeyExchangePayload } from "../payload.ts";
import type { Reader } from "../reader.ts";
import type { Writer } from "../writer.ts";

export function readKeyExchange(reader: Reader): KeyExchangePayload {
  const group = reader.u16();
  reader.skip(2);
  return { type: "KE", group, keyExchangeData: reader.rest() };
}

export function keyExchangeLength(payload: KeyExchangePayload): number {
  return 4 + payload.keyExchangeData.length;
}

export function writeKeyExchange(writer: Writer, payload: KeyExchangePayload): void {
  writer.u16(payload.group, "KE: group");
  writer.zeros(2);
  writer.copy(payload.keyExchangeData);
}
