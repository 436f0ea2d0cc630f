/**
 * Numbers in octets, in network order, where they stand: a view of each datagram would cost more than what is read of it.
 *
 * @module
 */

export function u16(octets: Uint8Array, at: number): number {
  return octets[at] << 8 | octets[at + 1];
}

export function u32(octets: Uint8Array, at: number): number {
  return (octets[at] << 24 | octets[at + 1] << 16 | octets[at + 2] << 8 | octets[at + 3]) >>> 0;
}

/** An SPI of an IKE SA. */
export function u64(octets: Uint8Array, at: number): bigint {
  view.setUint32(0, u32(octets, at));
  view.setUint32(4, u32(octets, at + 4));
  return view.getBigUint64(0);
}

/** Whether this number stands there: none is made to be compared. */
export function isU64(octets: Uint8Array, at: number, value: bigint): boolean {
  view.setBigUint64(0, value);
  return view.getUint32(4) === u32(octets, at + 4) && view.getUint32(0) === u32(octets, at);
}

export function putU16(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >>> 8;
  octets[at + 1] = value;
}

export function putU32(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >>> 24;
  octets[at + 1] = value >>> 16;
  octets[at + 2] = value >>> 8;
  octets[at + 3] = value;
}

export function putU64(octets: Uint8Array, at: number, value: bigint): void {
  view.setBigUint64(0, value);
  putU32(octets, at, view.getUint32(0));
  putU32(octets, at + 4, view.getUint32(4));
}

export function isZero(octets: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (octets[at] !== 0) return false;
  return true;
}

const view = new DataView(new ArrayBuffer(8));
