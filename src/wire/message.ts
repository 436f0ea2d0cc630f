/**
 * Whole messages: octets to header and payloads, and back (RFC 7296, section 3).
 *
 * @module
 */
import {
  type Header,
  HEADER_LENGTH,
  LENGTH_OFFSET,
  majorVersion,
  NEXT_PAYLOAD_OFFSET,
  peekHeader,
  statedLength,
  VERSION_OFFSET,
  writeHeader,
} from "./header.ts";
import { passing } from "./octet_chunks.ts";
import { MAXIMUM_PAYLOAD_LENGTH } from "./limits.ts";
import { MAJOR_VERSION, PayloadNumber } from "./constants.ts";
import type { Payload } from "./payload.ts";
import {
  chainLength,
  firstPayloadOf,
  GENERIC_HEADER_LENGTH,
  payloadLength,
  readChain,
  writeChain,
  writeGenericHeader,
  writePayload,
} from "./payload_chain.ts";
import { Reader } from "./reader.ts";
import type { Decoded, WireError } from "./wire_error.ts";
import { outOfRange, Writer } from "./writer.ts";

/** A decoded message. Payloads inside SK or SKF are not decoded here: they are still protected. */
export interface Message {
  /** As it stood there. */
  readonly header: Header;
  /** In the order in which they came. */
  readonly payloads: readonly Payload[];
  /** The octets it was decoded from, header included: what AUTH and retransmission compare. */
  readonly octets: Uint8Array;
}

/**
 * Decodes a whole message, as it stands in a datagram behind the four zero octets of port 4500 (RFC 3948, section 2.2).
 * Nothing is copied: octets in the payloads are views of `octets`. Never throws.
 *
 * Refused are: another major version; a length field that is not the number of octets; structures that do not fill their
 * lengths exactly; more of anything than limits.ts allows; payloads behind SK or SKF; a critical payload of unknown type
 * (RFC 7296, section 2.5). Reserved bits, the minor version and the critical bit of known payloads are ignored.
 */
export function decodeMessage(octets: Uint8Array): Decoded<Message> {
  const header = peekHeader(octets);
  if (header === undefined) return refused("truncated", octets.length, `a header of ${HEADER_LENGTH} octets`);
  if (majorVersion(octets) !== MAJOR_VERSION) {
    return refused("unsupported-version", VERSION_OFFSET, `major version ${MAJOR_VERSION}`);
  }
  if (statedLength(octets) !== octets.length) {
    return refused("bad-length", LENGTH_OFFSET, `a message length of ${octets.length}, not ${statedLength(octets)}`);
  }
  const reader = new Reader(octets, HEADER_LENGTH, "header");
  const payloads = readChain(reader, octets[NEXT_PAYLOAD_OFFSET], false);
  if (reader.error !== undefined) return { ok: false, error: reader.error };
  return { ok: true, value: { header, payloads, octets } };
}

/**
 * Decodes the payloads inside SK, once decrypted and stripped of padding; of SKF, once put together. As {@link decodeMessage};
 * offsets in errors count from the start of `octets`, and a protected payload inside is refused.
 *
 * @param firstPayload the payload number that SK, or the first SKF, carries; 0 if there is none
 */
export function decodePayloads(firstPayload: number, octets: Uint8Array): Decoded<readonly Payload[]> {
  const reader = new Reader(octets, 0, "SK");
  const payloads = readChain(reader, firstPayload, true);
  if (reader.error !== undefined) return { ok: false, error: reader.error };
  return { ok: true, value: payloads };
}

/**
 * Encodes a whole message; SK or SKF, if there, stand last and are protected already.
 *
 * Throws RangeError where a value does not fit its field: what, where, and what was expected.
 */
export function encodeMessage(header: Header, payloads: readonly Payload[]): Uint8Array {
  const length = HEADER_LENGTH + chainLength(payloads);
  const writer = new Writer(length);
  writeHeader(writer, header, firstPayloadOf(payloads), length);
  writeChain(writer, payloads);
  return writer.octets;
}

/** Encodes payloads that go inside SK, without padding. Throws RangeError as {@link encodeMessage}. */
export function encodePayloads(
  payloads: readonly Payload[],
): { readonly firstPayload: number; readonly octets: Uint8Array } {
  const writer = new Writer(chainLength(payloads));
  writeChain(writer, payloads);
  return { firstPayload: firstPayloadOf(payloads), octets: writer.octets };
}

/** Payloads that go inside SK, with what follows them there (RFC 7296, section 3.14). */
export interface PaddedPayloads {
  readonly firstPayload: number;
  /** With zeros as padding, and Pad Length. */
  readonly octets: Uint8Array;
  /** Octets of the payloads alone. */
  readonly length: number;
}

/**
 * Encodes payloads that go inside SK, padded to a multiple of the block length, which for an AEAD is one octet (RFC 5282, section 3). Throws
 * RangeError as {@link encodeMessage}.
 */
export function encodePaddedPayloads(payloads: readonly Payload[], blockLength: number): PaddedPayloads {
  const length = chainLength(payloads);
  const padLength = blockLength - 1 - length % blockLength;
  const writer = new Writer(passing.take(length + padLength + 1));
  writeChain(writer, payloads);
  writer.zeros(padLength);
  writer.u8(padLength, "SK: pad length");
  return { firstPayload: firstPayloadOf(payloads), octets: writer.octets, length };
}

/**
 * Encodes one payload with its generic header.
 *
 * @param nextPayload the number of the payload that follows; 0 if none does
 */
export function encodePayload(payload: Payload, nextPayload: number): Uint8Array {
  const writer = new Writer(payloadLength(payload));
  writePayload(writer, payload, nextPayload);
  return writer.octets;
}

/**
 * The octets before the IV of a message that ends in an SK payload: the IKE header, what stands before SK, and SK's generic header. They are the
 * associated data of an AEAD (RFC 5282, section 5.1). As a rule nothing stands before SK, and they are 32.
 *
 * @param firstPayload the number of the first payload inside; 0 if there is none
 * @param protectedLength octets of IV, ciphertext and ICV
 */
export function encodeProtectedPrefix(
  header: Header,
  firstPayload: number,
  protectedLength: number,
  before: readonly Payload[] = [],
): Uint8Array {
  const skLength = GENERIC_HEADER_LENGTH + protectedLength;
  if (skLength > MAXIMUM_PAYLOAD_LENGTH) throw outOfRange("SK: length", `at most ${MAXIMUM_PAYLOAD_LENGTH}`, skLength);
  const beforeLength = before.length === 0 ? 0 : chainLength(before);
  const writer = new Writer(passing.take(HEADER_LENGTH + beforeLength + GENERIC_HEADER_LENGTH));
  const first = before.length === 0 ? PayloadNumber.SK : firstPayloadOf(before);
  writeHeader(writer, header, first, HEADER_LENGTH + beforeLength + skLength);
  writeChain(writer, before, PayloadNumber.SK);
  writeGenericHeader(writer, firstPayload, skLength);
  return writer.octets;
}

/**
 * Likewise the 36 octets before the IV of a message that is one fragment, SKF (RFC 7383, section 2.5).
 *
 * @param firstPayload the number of the first payload of the whole message in the first fragment; 0 in the others
 */
export function encodeFragmentPrefix(
  header: Header,
  firstPayload: number,
  fragmentNumber: number,
  totalFragments: number,
  protectedLength: number,
): Uint8Array {
  const skfLength = GENERIC_HEADER_LENGTH + FRAGMENT_NUMBERS_LENGTH + protectedLength;
  const writer = new Writer(passing.take(FRAGMENT_PREFIX_LENGTH));
  writeHeader(writer, header, PayloadNumber.SKF, HEADER_LENGTH + skfLength);
  writeGenericHeader(writer, firstPayload, skfLength);
  writer.u16(fragmentNumber, "SKF: fragment number");
  writer.u16(totalFragments, "SKF: total fragments");
  return writer.octets;
}

/** Octets of fragment number and total of fragments. */
const FRAGMENT_NUMBERS_LENGTH = 4;
/** Octets before the IV of a fragment. */
export const FRAGMENT_PREFIX_LENGTH: number = HEADER_LENGTH + GENERIC_HEADER_LENGTH + FRAGMENT_NUMBERS_LENGTH;

function refused(kind: WireError["kind"], offset: number, expected: string): { readonly ok: false; readonly error: WireError } {
  return { ok: false, error: { kind, payload: "header", offset, expected } };
}
