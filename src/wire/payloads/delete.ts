/**
 * Delete (RFC 7296, section 3.11).
 *
 * @module
 */
import { MAXIMUM_DELETED_SPIS } from "../limits.ts";
import type { DeletePayload } from "../payload.ts";
import type { Reader } from "../reader.ts";
import { outOfRange, type Writer } from "../writer.ts";

export function readDelete(reader: Reader): DeletePayload {
  const protocolId = reader.u8();
  const spiSize = reader.u8();
  const count = reader.u16();
  if (count > MAXIMUM_DELETED_SPIS) reader.fail("too-many", `at most ${MAXIMUM_DELETED_SPIS} SPIs`, reader.position - 2);
  if (count * spiSize !== reader.remaining) {
    reader.fail("bad-length", `${count} SPIs of ${spiSize} octets, not ${reader.remaining} octets`);
  }
  const spis: Uint8Array[] = [];
  // SPIs without octets say nothing, however many: the count beside the size 0 of an IKE SA is not looked at.
  while (reader.remaining > 0) spis.push(reader.octets(spiSize));
  return { type: "D", protocolId, spiSize, spis };
}

export function deleteLength(payload: DeletePayload): number {
  return 4 + payload.spiSize * payload.spis.length;
}

export function writeDelete(writer: Writer, payload: DeletePayload): void {
  writer.u8(payload.protocolId, "D: protocol ID");
  writer.u8(payload.spiSize, "D: SPI size");
  const count = payload.spis.length;
  if (count > MAXIMUM_DELETED_SPIS) throw outOfRange("D: SPIs", `at most ${MAXIMUM_DELETED_SPIS}`, count);
  writer.u16(count, "D: number of SPIs");
  for (const spi of payload.spis) {
    if (spi.length !== payload.spiSize || spi.length === 0) {
      throw outOfRange("D: SPI", `${payload.spiSize || "no SPI where their size is 0, or 1 to 255"} octets`, spi.length);
    }
    writer.copy(spi);
  }
}
