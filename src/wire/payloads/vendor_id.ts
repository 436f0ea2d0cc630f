/**
 * Vendor ID (RFC 7296, section 3.12).
 *
 * @module
 */
import type { VendorIdPayload } from "../payload.ts";
import type { Reader } from "../reader.ts";
import type { Writer } from "../writer.ts";

export function readVendorId(reader: Reader): VendorIdPayload {
  return { type: "V", vendorId: reader.rest() };
}

export function vendorIdLength(payload: VendorIdPayload): number {
  return payload.vendorId.length;
}

export function writeVendorId(writer: Writer, payload: VendorIdPayload): void {
  writer.copy(payload.vendorId);
}
