/**
 * IDi and IDr (RFC 7296, section 3.5).
 *
 * @module
 */
import { passing } from "../octet_chunks.ts";
import type { IdentificationPayload } from "../payload.ts";
import type { Reader } from "../reader.ts";
import { Writer } from "../writer.ts";

/** The part of the payload that holds the identity. */
type Identity = Pick<IdentificationPayload, "idType" | "identification">;

export function readIdentification(reader: Reader, type: IdentificationPayload["type"]): IdentificationPayload {
  const idType = reader.u8();
  reader.skip(3);
  return { type, idType, identification: reader.rest() };
}

export function identificationLength(identity: Identity): number {
  return 4 + identity.identification.length;
}

export function writeIdentification(writer: Writer, identity: Identity): void {
  writer.u8(identity.idType, "ID: type");
  writer.zeros(3);
  writer.copy(identity.identification);
}

/** The payload without its generic header, as AUTH covers it: IDi' and IDr' of RFC 7296, section 2.15. */
export function encodeIdentificationBody(identity: Pick<IdentificationPayload, "idType" | "identification">): Uint8Array {
  const writer = new Writer(passing.take(identificationLength(identity)));
  writeIdentification(writer, identity);
  return writer.octets;
}
