/**
 * Which answers to IKE_AUTH are plain, read where they stand: outside, one SK payload and nothing else (RFC 7296, section 3.14); inside, IDr, AUTH, SAr2,
 * TSi, TSr and N(TICKET_LT_OPAQUE), each once (RFC 5723, section 4.3.3). What is in doubt is not plain, and `wire` and the steps say what it is.
 *
 * @module
 */
import { AuthenticationMethod, ExchangeType, MAJOR_VERSION, NotifyType, PayloadNumber } from "../../wire/constants.ts";
import { FROM_INITIATOR, HEADER_LENGTH, RESPONSE } from "../../wire/header.ts";
import { isU64, u16, u32 } from "../../wire/numbers_in_place.ts";
import type { SpiPair } from "../ike_sa/spi.ts";
import { LIFETIME_LENGTH } from "../profiles/ticket_notifies.ts";
import { PREFIX_LENGTH } from "./auth_request.ts";
import { GENERIC_HEADER_LENGTH, NOTIFY_HEADER_LENGTH } from "../../wire/payload_header.ts";

/** A payload in the plaintext, from its generic header to its end. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface PlainAuthAnswer {
  readonly idR: Span;
  readonly auth: Span;
  readonly sa: Span;
  readonly localSelectors: Span;
  readonly remoteSelectors: Span;
  /** What stands in TICKET_LT_OPAQUE: the lifetime, then the ticket (RFC 5723, section 7.2). */
  readonly ticket: Span;
}

/** Generic header, and the type with three reserved octets: of IDr and AUTH. */
export const TYPED_HEADER_LENGTH = 8;
const PAYLOADS = 6;

/** Whether a message is the response to the first IKE_AUTH request, one SK payload behind its header. */
export function isPlainAuthAnswer(octets: Uint8Array, { initiatorSpi, responderSpi }: SpiPair): boolean {
  return octets.length > PREFIX_LENGTH && octets[16] === PayloadNumber.SK && octets[17] >>> 4 === MAJOR_VERSION &&
    octets[18] === ExchangeType.IKE_AUTH && (octets[19] & (FROM_INITIATOR | RESPONSE)) === RESPONSE &&
    u32(octets, 20) === 1 && u32(octets, 24) === octets.length && u16(octets, 30) === octets.length - HEADER_LENGTH &&
    isU64(octets, 0, initiatorSpi) && isU64(octets, 8, responderSpi);
}

/** `undefined`: it is anything else. `firstPayload`: what SK says. */
export function plainAuthAnswer(firstPayload: number, plaintext: Uint8Array): PlainAuthAnswer | undefined {
  const length = plaintext.length === 0 ? -1 : plaintext.length - 1 - plaintext[plaintext.length - 1];
  if (length < 0) return undefined;
  let idR: Span | undefined;
  let auth: Span | undefined;
  let sa: Span | undefined;
  let localSelectors: Span | undefined;
  let remoteSelectors: Span | undefined;
  let ticket: Span | undefined;
  let type = firstPayload;
  let start = 0;
  let count = 0;
  for (; type !== 0; count++) {
    if (count === PAYLOADS || start + GENERIC_HEADER_LENGTH > length) return undefined;
    const end = start + u16(plaintext, start + 2);
    if (end > length || end < start + TYPED_HEADER_LENGTH) return undefined;
    if (type === PayloadNumber.IDr) idR = { start, end };
    else if (type === PayloadNumber.AUTH) auth = { start, end };
    else if (type === PayloadNumber.SA) sa = { start, end };
    else if (type === PayloadNumber.TSi) localSelectors = { start, end };
    else if (type === PayloadNumber.TSr) remoteSelectors = { start, end };
    else if (type === PayloadNumber.N && isTicket(plaintext, start, end)) ticket = { start: start + NOTIFY_HEADER_LENGTH, end };
    else return undefined;
    type = plaintext[start];
    start = end;
  }
  // As many as there are kinds, and one of each: none stands there twice.
  if (start !== length || count !== PAYLOADS || !idR || !auth || !sa || !localSelectors || !remoteSelectors || !ticket) {
    return undefined;
  }
  return isSharedKeyAuth(plaintext, auth) ? { idR, auth, sa, localSelectors, remoteSelectors, ticket } : undefined;
}

/** Of the IKE SA: neither protocol nor SPI (RFC 5723, section 7). */
function isTicket(plaintext: Uint8Array, start: number, end: number): boolean {
  return u16(plaintext, start + 4) === 0 && u16(plaintext, start + 6) === NotifyType.TICKET_LT_OPAQUE &&
    end > start + NOTIFY_HEADER_LENGTH + LIFETIME_LENGTH;
}

function isSharedKeyAuth(plaintext: Uint8Array, { start }: Span): boolean {
  return plaintext[start + GENERIC_HEADER_LENGTH] === AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE;
}
