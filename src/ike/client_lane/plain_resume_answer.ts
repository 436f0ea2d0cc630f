/**
 * Which answers to IKE_SESSION_RESUME are plain, read where they stand: HDR, Nr [, N(IKEV2_FRAGMENTATION_SUPPORTED)]
 * [, N(NAT_DETECTION_SOURCE_IP), N(NAT_DETECTION_DESTINATION_IP)] (RFC 5723, section 4.3.2).
 *
 * What is read here is a part of what `wire/message.ts` decodes, and never anything else: what is in doubt is not plain, and the steps say what it is.
 *
 * @module
 */
import { ExchangeType, MAJOR_VERSION, NotifyType, PayloadNumber } from "../../wire/constants.ts";
import { FROM_INITIATOR, HEADER_LENGTH, RESPONSE } from "../../wire/header.ts";
import { MAXIMUM_NONCE_LENGTH, MINIMUM_NONCE_LENGTH } from "../../wire/limits.ts";
import { isU64, isZero, u16, u32 } from "../../wire/numbers_in_place.ts";
import { GENERIC_HEADER_LENGTH, NOTIFY_HEADER_LENGTH } from "../../wire/payload_header.ts";

/** Places are octets from the start of the message. */
export interface PlainResumeAnswer {
  readonly nonceStart: number;
  readonly nonceEnd: number;
  /** The hashes of NAT detection; 0: the gateway does not look for NATs (RFC 7296, section 2.23). */
  readonly sourceHash: number;
  readonly destinationHash: number;
  /** N(IKEV2_FRAGMENTATION_SUPPORTED) is there (RFC 7383, section 2.3). */
  readonly knowsFragments: boolean;
}

const HASH_LENGTH = 20;
/** Of each kind there is one. */
const MOST_PAYLOADS = 4;

/** `undefined`: it is not plain, and may be anything. */
export function plainResumeAnswer(octets: Uint8Array, initiatorSpi: bigint): PlainResumeAnswer | undefined {
  if (!isAnswerToResume(octets, initiatorSpi)) return undefined;
  let nonceStart = 0;
  let nonceEnd = 0;
  let sourceHash = 0;
  let destinationHash = 0;
  let knowsFragments = false;
  let type = octets[16];
  let start = HEADER_LENGTH;
  for (let count = 0; type !== 0; count++) {
    if (count === MOST_PAYLOADS || start + GENERIC_HEADER_LENGTH > octets.length) return undefined;
    const end = start + u16(octets, start + 2);
    if (end > octets.length) return undefined;
    if (type === PayloadNumber.Nonce) {
      const length = end - start - GENERIC_HEADER_LENGTH;
      if (nonceEnd !== 0 || length < MINIMUM_NONCE_LENGTH || length > MAXIMUM_NONCE_LENGTH) return undefined;
      nonceStart = start + GENERIC_HEADER_LENGTH;
      nonceEnd = end;
    } else {
      // Of nothing yet (RFC 5723, section 7): neither protocol nor SPI.
      if (type !== PayloadNumber.N || end < start + NOTIFY_HEADER_LENGTH || u16(octets, start + 4) !== 0) return undefined;
      const notifyType = u16(octets, start + 6);
      const isHash = end - start === NOTIFY_HEADER_LENGTH + HASH_LENGTH;
      if (notifyType === NotifyType.IKEV2_FRAGMENTATION_SUPPORTED) knowsFragments = true;
      // A gateway with many addresses may send many hashes.
      else if (notifyType === NotifyType.NAT_DETECTION_SOURCE_IP && isHash && sourceHash === 0) {
        sourceHash = start + NOTIFY_HEADER_LENGTH;
      } else if (notifyType === NotifyType.NAT_DETECTION_DESTINATION_IP && isHash && destinationHash === 0) {
        destinationHash = start + NOTIFY_HEADER_LENGTH;
      } else return undefined;
    }
    type = octets[start];
    start = end;
  }
  if (start !== octets.length || nonceEnd === 0 || (sourceHash === 0) !== (destinationHash === 0)) return undefined;
  return { nonceStart, nonceEnd, sourceHash, destinationHash, knowsFragments };
}

/** A response to a first request, with both SPIs, and the length that it is. */
function isAnswerToResume(octets: Uint8Array, initiatorSpi: bigint): boolean {
  return octets.length > HEADER_LENGTH && octets[18] === ExchangeType.IKE_SESSION_RESUME &&
    octets[17] >>> 4 === MAJOR_VERSION && (octets[19] & (FROM_INITIATOR | RESPONSE)) === RESPONSE &&
    isU64(octets, 0, initiatorSpi) && !isZero(octets, 8, 16) && u32(octets, 20) === 0 && u32(octets, 24) === octets.length;
}
