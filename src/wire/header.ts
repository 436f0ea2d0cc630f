/**
 * The IKE header (RFC 7296, section 3.1) as a typed value.
 *
 * @module
 */
import { MAJOR_VERSION } from "./constants.ts";
import { outOfRange, type Writer } from "./writer.ts";

/** Length of the IKE header, in octets (RFC 7296, section 3.1). */
export const HEADER_LENGTH = 28;

/** The IKE header. SPIs are unsigned 64-bit numbers in network order; 0n means "not yet chosen". */
export interface Header {
  /** Of the initiator. */
  readonly initiatorSpi: bigint;
  /** Of the responder; 0n in a first request. */
  readonly responderSpi: bigint;
  /** An `ExchangeType`, or any octet. */
  readonly exchangeType: number;
  /** Flag I: the sender is the original initiator of the IKE SA. */
  readonly fromInitiator: boolean;
  /** Flag R: this message is a response. */
  readonly isResponse: boolean;
  /** Flag V: the sender speaks a higher major version too. Ignored on receipt. */
  readonly higherVersion?: boolean;
  /** 0 to 2^32 - 1. */
  readonly messageId: number;
  /** 0 to 15; 0 unless said otherwise; ignored on receipt. */
  readonly minorVersion?: number;
}

export const FROM_INITIATOR = 0x08;
const HIGHER_VERSION = 0x10;
export const RESPONSE = 0x20;

/** Where fields of the header begin, in octets. */
export const NEXT_PAYLOAD_OFFSET = 16;
export const VERSION_OFFSET = 17;
export const EXCHANGE_TYPE_OFFSET = 18;
const FLAGS_OFFSET = 19;
export const LENGTH_OFFSET = 24;

/**
 * The header of anything that looks like an IKE message, to find its IKE SA before any other work: only the presence of 28
 * octets is checked. SPIs, exchange type and message ID stand at the same place in every version of the protocol, so that a
 * message of another major version can be answered (RFC 7296, section 2.5).
 */
export function peekHeader(octets: Uint8Array): Header | undefined {
  if (octets.length < HEADER_LENGTH) return undefined;
  const flags = octets[FLAGS_OFFSET];
  return {
    initiatorSpi: readSpi(octets, 0),
    responderSpi: readSpi(octets, 8),
    exchangeType: octets[EXCHANGE_TYPE_OFFSET],
    fromInitiator: (flags & FROM_INITIATOR) !== 0,
    isResponse: (flags & RESPONSE) !== 0,
    higherVersion: (flags & HIGHER_VERSION) !== 0,
    messageId: readU32(octets, 20),
    minorVersion: octets[VERSION_OFFSET] & 0x0f,
  };
}

/** Flag I, of octets that hold a whole header. */
export function isFromInitiator(octets: Uint8Array): boolean {
  return (octets[FLAGS_OFFSET] & FROM_INITIATOR) !== 0;
}

/** The major version, of octets that hold a whole header: 0 to 15. */
export function majorVersion(octets: Uint8Array): number {
  return octets[VERSION_OFFSET] >>> 4;
}

/** The length field, of octets that hold a whole header. */
export function statedLength(octets: Uint8Array): number {
  return readU32(octets, LENGTH_OFFSET);
}

/** @param length of the whole message, in octets */
export function writeHeader(writer: Writer, header: Header, nextPayload: number, length: number): void {
  const minorVersion = header.minorVersion ?? 0;
  if (minorVersion > 15) throw outOfRange("header: minor version", "0 to 15", minorVersion);
  writer.u64(header.initiatorSpi, "header: initiator SPI");
  writer.u64(header.responderSpi, "header: responder SPI");
  writer.u8(nextPayload, "header: next payload");
  writer.u8(MAJOR_VERSION << 4 | minorVersion, "header: version");
  writer.u8(header.exchangeType, "header: exchange type");
  writer.u8(
    (header.fromInitiator ? FROM_INITIATOR : 0) | (header.isResponse ? RESPONSE : 0) |
      (header.higherVersion ? HIGHER_VERSION : 0),
    "header: flags",
  );
  writer.u32(header.messageId, "header: message ID");
  writer.u32(length, "header: length");
}

/** One view for all reads: a DataView of each datagram would cost more than the copy of eight octets. */
const spiView = new DataView(new ArrayBuffer(8));

function readSpi(octets: Uint8Array, at: number): bigint {
  spiView.setUint32(0, readU32(octets, at));
  spiView.setUint32(4, readU32(octets, at + 4));
  return spiView.getBigUint64(0);
}

function readU32(octets: Uint8Array, at: number): number {
  return (octets[at] << 24 | octets[at + 1] << 16 | octets[at + 2] << 8 | octets[at + 3]) >>> 0;
}
