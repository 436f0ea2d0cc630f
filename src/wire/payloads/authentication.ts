/**
 * AUTH (RFC 7296, section 3.8).
 *
 * @module
 */
import type { AuthenticationPayload } from "../payload.ts";
import type { Reader } from "../reader.ts";
import type { Writer } from "../writer.ts";

export function readAuthentication(reader: Reader): AuthenticationPayload {
  const method = reader.u8();
  reader.skip(3);
  return { type: "AUTH", method, data: reader.rest() };
}

export function authenticationLength(payload: AuthenticationPayload): number {
  return 4 + payload.data.length;
}

export function writeAuthentication(writer: Writer, payload: AuthenticationPayload): void {
  writer.u8(payload.method, "AUTH: method");
  writer.zeros(3);
  writer.copy(payload.data);
}
