/**
 * Type-Data of EAP-TLS (RFC 5216, section 3): flags, perhaps the length of the whole, and a part of what TLS says.
 *
 * @module
 */

/** The Type of EAP-TLS. */
export const EAP_TLS_TYPE = 13;

const LENGTH_INCLUDED = 0x80;
const MORE_FRAGMENTS = 0x40;
const START = 0x20;
const FLAGS_LENGTH = 1;
const LENGTH_LENGTH = 4;

export interface TlsPacket {
  readonly isStart: boolean;
  /** More of the same message follows. */
  readonly hasMore: boolean;
  /** Octets of the whole message, if it is said. */
  readonly totalLength?: number;
  readonly data: Uint8Array;
}

/** `undefined`: it is cut short. Bits that are reserved mean nothing (RFC 5216, section 3.1). */
export function readTlsPacket(typeData: Uint8Array): TlsPacket | undefined {
  if (typeData.length < FLAGS_LENGTH) return undefined;
  const [flags] = typeData;
  const beside = { isStart: (flags & START) !== 0, hasMore: (flags & MORE_FRAGMENTS) !== 0 };
  if ((flags & LENGTH_INCLUDED) === 0) return { ...beside, data: typeData.subarray(FLAGS_LENGTH) };
  if (typeData.length < FLAGS_LENGTH + LENGTH_LENGTH) return undefined;
  const totalLength = new DataView(typeData.buffer, typeData.byteOffset).getUint32(FLAGS_LENGTH);
  return { ...beside, totalLength, data: typeData.subarray(FLAGS_LENGTH + LENGTH_LENGTH) };
}

/** Asks for a ClientHello. */
export function startPacket(): Uint8Array {
  return Uint8Array.of(START);
}

/** Says that a part has come, or that there is nothing to say. */
export function emptyPacket(): Uint8Array {
  return new Uint8Array(FLAGS_LENGTH);
}

/** Whether a packet says no more than that. */
export function isEmpty({ isStart, hasMore, totalLength, data }: TlsPacket): boolean {
  return !isStart && !hasMore && (totalLength ?? 0) === 0 && data.length === 0;
}

/** A part of a message. @param totalLength in the first of several parts, and in no other. */
export function partPacket(data: Uint8Array, hasMore: boolean, totalLength?: number): Uint8Array {
  const length = totalLength === undefined ? 0 : LENGTH_LENGTH;
  const octets = new Uint8Array(FLAGS_LENGTH + length + data.length);
  octets[0] = (totalLength === undefined ? 0 : LENGTH_INCLUDED) | (hasMore ? MORE_FRAGMENTS : 0);
  if (totalLength !== undefined) new DataView(octets.buffer).setUint32(FLAGS_LENGTH, totalLength);
  octets.set(data, FLAGS_LENGTH + length);
  return octets;
}
