/**
 * Notify (RFC 7296, section 3.10).
 *
 * Decoded as it stands on the wire, whatever protocol ID and SPI a peer wrote: which of them mean something depends on the
 * notify type (RFC 4718, section 7.8), and those that do not are ignored on receipt.
 *
 * @module
 */
import type { NotifyPayload } from "../payload.ts";
import type { Reader } from "../reader.ts";
import type { Writer } from "../writer.ts";

/** What nearly all notifies have. */
const NO_SPI = new Uint8Array(0);

export function readNotify(reader: Reader): NotifyPayload {
  const protocolId = reader.u8();
  const spiSize = reader.u8();
  const notifyType = reader.u16();
  const spi = spiSize === 0 ? NO_SPI : reader.octets(spiSize);
  return { type: "N", protocolId, spi, notifyType, data: reader.rest() };
}

export function notifyLength(payload: NotifyPayload): number {
  return 4 + payload.spi.length + payload.data.length;
}

export function writeNotify(writer: Writer, payload: NotifyPayload): void {
  writer.u8(payload.protocolId, "N: protocol ID");
  writer.u8(payload.spi.length, "N: SPI size");
  writer.u16(payload.notifyType, "N: type");
  writer.copy(payload.spi);
  writer.copy(payload.data);
}
