/**
 * EAP packets (RFC 3748, section 4): code, identifier, length, and in Requests and Responses a type with its data.
 *
 * @module
 */
import { EapCode } from "../../../wire/constants.ts";

/** Types that every end knows (RFC 3748, section 5). */
export const EapType = { IDENTITY: 1, NOTIFICATION: 2, NAK: 3, EXPANDED: 254 } as const;

const HEADER_LENGTH = 4;
const TYPED_HEADER_LENGTH = 5;
const MAXIMUM_LENGTH = 0xffff;

export interface EapPacket {
  readonly code: number;
  readonly identifier: number;
  /** Requests and Responses alone have a type. */
  readonly type?: number;
  /** Empty without a type. */
  readonly typeData: Uint8Array;
}

/**
 * Reads an EAP payload's message, whose length the codec has checked. `undefined`: there is no such code, a Request or Response
 * has no type, or a Success or Failure has data (RFC 3748, section 4.2).
 */
export function decodeEapPacket(message: Uint8Array): EapPacket | undefined {
  const [code, identifier] = message;
  switch (code) {
    case EapCode.REQUEST:
    case EapCode.RESPONSE:
      if (message.length < TYPED_HEADER_LENGTH) return undefined;
      return { code, identifier, type: message[HEADER_LENGTH], typeData: message.subarray(TYPED_HEADER_LENGTH) };
    case EapCode.SUCCESS:
    case EapCode.FAILURE:
      return message.length === HEADER_LENGTH ? { code, identifier, typeData: message.subarray(HEADER_LENGTH) } : undefined;
    default:
      return undefined;
  }
}

/**
 * A Request or a Response.
 *
 * @throws {RangeError} no length field can hold it.
 */
export function encodeTyped(code: number, identifier: number, type: number, typeData: Uint8Array): Uint8Array {
  const length = TYPED_HEADER_LENGTH + typeData.length;
  if (length > MAXIMUM_LENGTH) throw new RangeError(`EAP: ${length} octets, expected at most ${MAXIMUM_LENGTH}`);
  const octets = new Uint8Array(length);
  octets.set([code, identifier, length >> 8, length & 0xff, type]);
  octets.set(typeData, TYPED_HEADER_LENGTH);
  return octets;
}

/** A Success or a Failure: it carries the identifier of the Response that led to it (RFC 3748, section 4.2). */
export function encodeUntyped(code: number, identifier: number): Uint8Array {
  return Uint8Array.of(code, identifier, 0, HEADER_LENGTH);
}
