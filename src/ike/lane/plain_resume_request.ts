/**
 * Which IKE_SESSION_RESUME requests are plain, read where they stand (RFC 5723, section 4.3.2; RFC 7296, section 3.1 and 3.2).
 *
 * What is read here is a part of what `wire/message.ts` decodes, and never anything else: what is in doubt is not plain, and `wire` says what it is.
 *
 * @module
 */
import { ExchangeType, MAJOR_VERSION, NotifyType, PayloadNumber } from "../../wire/constants.ts";
import { FROM_INITIATOR, HEADER_LENGTH, RESPONSE } from "../../wire/header.ts";
import { MAXIMUM_NONCE_LENGTH, MINIMUM_NONCE_LENGTH } from "../../wire/limits.ts";
import { isZero, u16, u32 } from "../../wire/numbers_in_place.ts";
import { GENERIC_HEADER_LENGTH, NOTIFY_HEADER_LENGTH } from "../../wire/payload_header.ts";

/** HDR, N(TICKET_OPAQUE), Ni [, N+] with nothing else in it. Places are octets from the start of the message. */
export interface PlainResumeRequest {
  readonly nonceStart: number;
  readonly nonceEnd: number;
  readonly ticketStart: number;
  readonly ticketEnd: number;
  /** The hashes of NAT detection, of {@link HASH_LENGTH} octets; 0: the client does not look for NATs (RFC 7296, section 2.23). */
  readonly sourceHash: number;
  readonly destinationHash: number;
  /** N(IKEV2_FRAGMENTATION_SUPPORTED) is there (RFC 7383, section 2.3). */
  readonly knowsFragments: boolean;
  /** N(REDIRECT_SUPPORTED) or N(REDIRECTED_FROM) is there (RFC 5685). */
  readonly followsRedirects: boolean;
}

/** Octets of a hash of NAT detection. */
export const HASH_LENGTH = 20;
/** Far more than a client sends. */
const MOST_PAYLOADS = 16;

/** `undefined`: it is not plain, and may be anything. */
export function plainResumeRequest(octets: Uint8Array): PlainResumeRequest | undefined {
  if (!isFirstRequestToResume(octets)) return undefined;
  // Variables of their own: an array of them would be made for each request until the runtime has compiled this.
  let nonceStart = 0;
  let nonceEnd = 0;
  let ticketStart = 0;
  let ticketEnd = 0;
  let sourceHash = 0;
  let destinationHash = 0;
  let knowsFragments = false;
  let followsRedirects = false;
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
    } else if (type === PayloadNumber.N) {
      // Of the IKE SA or of nothing yet (RFC 5723, section 7): neither protocol nor SPI.
      if (end < start + NOTIFY_HEADER_LENGTH || u16(octets, start + 4) !== 0) return undefined;
      const notifyType = u16(octets, start + 6);
      if (notifyType === NotifyType.COOKIE) return undefined;
      if (notifyType === NotifyType.TICKET_OPAQUE) {
        if (ticketEnd !== 0) return undefined;
        ticketStart = start + NOTIFY_HEADER_LENGTH;
        ticketEnd = end;
      } else if (notifyType === NotifyType.NAT_DETECTION_SOURCE_IP) {
        // Who has many addresses may send many hashes.
        if (sourceHash !== 0 || end - start !== NOTIFY_HEADER_LENGTH + HASH_LENGTH) return undefined;
        sourceHash = start + NOTIFY_HEADER_LENGTH;
      } else if (notifyType === NotifyType.NAT_DETECTION_DESTINATION_IP) {
        if (destinationHash !== 0 || end - start !== NOTIFY_HEADER_LENGTH + HASH_LENGTH) return undefined;
        destinationHash = start + NOTIFY_HEADER_LENGTH;
      } else if (notifyType === NotifyType.IKEV2_FRAGMENTATION_SUPPORTED) knowsFragments = true;
      else if (notifyType === NotifyType.REDIRECT_SUPPORTED || notifyType === NotifyType.REDIRECTED_FROM) {
        followsRedirects = true;
      }
    } else return undefined;
    type = octets[start];
    start = end;
  }
  const isWhole = start === octets.length && nonceEnd !== 0 && ticketEnd !== 0;
  if (!isWhole) return undefined;
  return { nonceStart, nonceEnd, ticketStart, ticketEnd, sourceHash, destinationHash, knowsFragments, followsRedirects };
}

/** The header of a first request: an SPI of the initiator's, none of the responder's, message ID 0, and the length that it is. */
function isFirstRequestToResume(octets: Uint8Array): boolean {
  return octets.length > HEADER_LENGTH && octets[18] === ExchangeType.IKE_SESSION_RESUME &&
    octets[17] >>> 4 === MAJOR_VERSION &&
    (octets[19] & (FROM_INITIATOR | RESPONSE)) === FROM_INITIATOR && !isZero(octets, 0, 8) && isZero(octets, 8, 16) &&
    u32(octets, 20) === 0 && u32(octets, 24) === octets.length;
}
