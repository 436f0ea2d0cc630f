/**
 * Which IKE_AUTH requests are plain, read where they stand: outside, one SK payload and nothing else (RFC 7296, section 3.14); inside, what a
 * client sends that resumes (RFC 5723, section 4.3.3).
 *
 * What is in doubt is not plain, and `wire` and the steps say what it is.
 *
 * @module
 */
import {
  AuthenticationMethod,
  ExchangeType,
  FIRST_PRIVATE_STATUS_TYPE,
  MAJOR_VERSION,
  NotifyType,
  PayloadNumber,
} from "../../wire/constants.ts";
import type { Payload } from "../../wire/payload.ts";
import { notify } from "../message/notify.ts";
import { FROM_INITIATOR, HEADER_LENGTH, RESPONSE } from "../../wire/header.ts";
import type { Identity } from "../../ticket/identity.ts";
import { isZero, u16, u32 } from "../../wire/numbers_in_place.ts";
import { GENERIC_HEADER_LENGTH, NOTIFY_HEADER_LENGTH } from "../../wire/payload_header.ts";

/** Generic header, and the type with three reserved octets: of IDi, IDr, AUTH and CP. */
export const TYPED_HEADER_LENGTH = 8;
const MOST_PAYLOADS = 24;
/** From so many on, some may be left out, and ADDITIONAL_TS_POSSIBLE said. */
const MANY_SELECTORS = 16;

/** Notifies whose answers the lane does not know. */
const ANSWERED_BY_STEPS: ReadonlySet<number> = new Set([
  NotifyType.NO_NATS_ALLOWED,
]);

/** Notifies that say what packets of the Child SA may look like, and nothing else. */
const TRAITS: ReadonlyMap<number, Payload> = new Map([
  NotifyType.USE_TRANSPORT_MODE,
  NotifyType.ESP_TFC_PADDING_NOT_SUPPORTED,
  NotifyType.NON_FIRST_FRAGMENTS_ALSO,
].map((notifyType) => [notifyType, notify(notifyType)]));
const NOTHING_SAID: readonly Payload[] = [];

/** IKE header and generic header of SK: the associated data of an AEAD (RFC 5282, section 5.1). */
export const PREFIX_LENGTH: number = HEADER_LENGTH + GENERIC_HEADER_LENGTH;

/** Whether a message is the first request of IKE_AUTH, one SK payload behind its header. */
export function isPlainAuthMessage(octets: Uint8Array): boolean {
  return octets.length > PREFIX_LENGTH && octets[16] === PayloadNumber.SK && octets[17] >>> 4 === MAJOR_VERSION &&
    octets[18] === ExchangeType.IKE_AUTH && (octets[19] & (FROM_INITIATOR | RESPONSE)) === FROM_INITIATOR &&
    u32(octets, 20) === 1 && u32(octets, 24) === octets.length && u16(octets, 30) === octets.length - HEADER_LENGTH &&
    !isZero(octets, 8, 16);
}

/** Where payloads begin in the plaintext, with their generic header, which says where they end ({@link endOf}); {@link NOWHERE}: it is not there. */
export interface PlainAuthRequest {
  readonly idI: number;
  readonly idR: number;
  readonly auth: number;
  readonly configuration: number;
  readonly sa: number;
  readonly initiatorSelectors: number;
  readonly responderSelectors: number;
  /** N(TICKET_REQUEST) is there (RFC 5723, section 4.1). */
  readonly asksTicket: boolean;
  /** N(INITIAL_CONTACT) is there (RFC 7296, section 2.4). */
  readonly saysInitialContact: boolean;
  /** N(MOBIKE_SUPPORTED) is there (RFC 4555, section 3.1). */
  readonly knowsMobility: boolean;
  /** ADDITIONAL_IP4_ADDRESS and ADDITIONAL_IP6_ADDRESS (RFC 4555, section 3.4). */
  readonly addresses: readonly Payload[];
  /** What is said of packets (RFC 7296, sections 1.3.1 and 3.10.1). */
  readonly traits: readonly Payload[];
}

export const NOWHERE = -1;

/** Where the payload ends that begins there. */
export function endOf(plaintext: Uint8Array, start: number): number {
  return start + u16(plaintext, start + 2);
}

/**
 * IDi, AUTH, SAi2, TSi, TSr [, IDr] [, CP] [, N+] in any order, each once: `undefined` for anything else. `firstPayload`: what SK says.
 */
export function plainAuthRequest(firstPayload: number, plaintext: Uint8Array): PlainAuthRequest | undefined {
  const length = plaintext.length === 0 ? -1 : plaintext.length - 1 - plaintext[plaintext.length - 1];
  if (length < 0) return undefined;
  // Variables of their own, and no object until it is whole: see `plain_resume_request.ts`.
  let idI = NOWHERE;
  let idR = NOWHERE;
  let auth = NOWHERE;
  let configuration = NOWHERE;
  let sa = NOWHERE;
  let initiatorSelectors = NOWHERE;
  let responderSelectors = NOWHERE;
  let asksTicket = false;
  let saysInitialContact = false;
  let knowsMobility = false;
  let addresses = NOTHING_SAID;
  let traits = NOTHING_SAID;
  let type = firstPayload;
  let start = 0;
  for (let count = 0; type !== 0; count++) {
    if (count === MOST_PAYLOADS || start + GENERIC_HEADER_LENGTH > length) return undefined;
    const end = endOf(plaintext, start);
    if (end > length || end < start + TYPED_HEADER_LENGTH) return undefined;
    switch (type) {
      case PayloadNumber.IDi:
        if (idI !== NOWHERE) return undefined;
        idI = start;
        break;
      case PayloadNumber.IDr:
        if (idR !== NOWHERE) return undefined;
        idR = start;
        break;
      case PayloadNumber.AUTH:
        if (auth !== NOWHERE) return undefined;
        auth = start;
        break;
      case PayloadNumber.CP:
        if (configuration !== NOWHERE) return undefined;
        configuration = start;
        break;
      case PayloadNumber.SA:
        if (sa !== NOWHERE) return undefined;
        sa = start;
        break;
      case PayloadNumber.TSi:
        if (initiatorSelectors !== NOWHERE || hasManySelectors(plaintext, start)) return undefined;
        initiatorSelectors = start;
        break;
      case PayloadNumber.TSr:
        if (responderSelectors !== NOWHERE || hasManySelectors(plaintext, start)) return undefined;
        responderSelectors = start;
        break;
      case PayloadNumber.N: {
        // Neither protocol nor SPI.
        if (u16(plaintext, start + 4) !== 0) return undefined;
        const notifyType = u16(plaintext, start + 6);
        if (notifyType === NotifyType.TICKET_REQUEST) asksTicket = true;
        else if (notifyType === NotifyType.INITIAL_CONTACT) saysInitialContact = true;
        else if (notifyType === NotifyType.MOBIKE_SUPPORTED) knowsMobility = true;
        else if (notifyType === NotifyType.ADDITIONAL_IP4_ADDRESS || notifyType === NotifyType.ADDITIONAL_IP6_ADDRESS) {
          addresses = [...addresses, notify(notifyType, plaintext.slice(start + NOTIFY_HEADER_LENGTH, end))];
        } else if (TRAITS.has(notifyType)) traits = [...traits, TRAITS.get(notifyType)!];
        else if (notifyType >= FIRST_PRIVATE_STATUS_TYPE || ANSWERED_BY_STEPS.has(notifyType)) return undefined;
        break;
      }
      default:
        return undefined;
    }
    type = plaintext[start];
    start = end;
  }
  if (start !== length || idI === NOWHERE || auth === NOWHERE || sa === NOWHERE) return undefined;
  if (initiatorSelectors === NOWHERE || responderSelectors === NOWHERE || !isSharedKeyAuth(plaintext, auth)) return undefined;
  return {
    idI,
    idR,
    auth,
    configuration,
    sa,
    initiatorSelectors,
    responderSelectors,
    asksTicket,
    saysInitialContact,
    knowsMobility,
    addresses,
    traits,
  };
}

function hasManySelectors(plaintext: Uint8Array, start: number): boolean {
  return plaintext[start + GENERIC_HEADER_LENGTH] >= MANY_SELECTORS;
}

function isSharedKeyAuth(plaintext: Uint8Array, start: number): boolean {
  return plaintext[start + GENERIC_HEADER_LENGTH] === AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE;
}

/** What stands behind the type of IDi, IDr and AUTH. A view. */
export function typedContent(plaintext: Uint8Array, start: number): Uint8Array {
  return plaintext.subarray(start + TYPED_HEADER_LENGTH, endOf(plaintext, start));
}

/** The type of IDi and IDr. */
export function typeOf(plaintext: Uint8Array, start: number): number {
  return plaintext[start + GENERIC_HEADER_LENGTH];
}

/** Whether IDi or IDr has the very octets of an identity. */
export function isSameId({ idType, identification }: Identity, plaintext: Uint8Array, start: number): boolean {
  const end = endOf(plaintext, start);
  const from = start + TYPED_HEADER_LENGTH;
  if (plaintext[start + GENERIC_HEADER_LENGTH] !== idType || end - from !== identification.length) return false;
  for (let at = 0; at < identification.length; at++) if (plaintext[from + at] !== identification[at]) return false;
  return true;
}
