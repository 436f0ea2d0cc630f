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
import { HEADER_LENGTH } from "../../wire/header.ts";
import type { Identity } from "../../ticket/identity.ts";
import { isZero, u16, u32 } from "../../wire/numbers_in_place.ts";

const FROM_INITIATOR = 0x08;
const RESPONSE = 0x20;
const GENERIC_HEADER_LENGTH = 4;
const NOTIFY_HEADER_LENGTH = 8;
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
const NO_TRAITS: readonly Payload[] = [];

/** IKE header and generic header of SK: the associated data of an AEAD (RFC 5282, section 5.1). */
export const PREFIX_LENGTH: number = HEADER_LENGTH + GENERIC_HEADER_LENGTH;

/** Whether a message is the first request of IKE_AUTH, one SK payload behind its header. */
export function isPlainAuthMessage(octets: Uint8Array): boolean {
  return octets.length > PREFIX_LENGTH && octets[16] === PayloadNumber.SK && octets[17] >>> 4 === MAJOR_VERSION &&
    octets[18] === ExchangeType.IKE_AUTH && (octets[19] & (FROM_INITIATOR | RESPONSE)) === FROM_INITIATOR &&
    u32(octets, 20) === 1 && u32(octets, 24) === octets.length && u16(octets, 30) === octets.length - HEADER_LENGTH &&
    !isZero(octets, 8, 16);
}

/** Where payloads stand in the plaintext, from their generic header to their end; 0 and 0: it is not there. */
export interface PlainAuthRequest {
  readonly idI: Span;
  readonly idR: Span;
  readonly auth: Span;
  readonly configuration: Span;
  readonly sa: Span;
  readonly initiatorSelectors: Span;
  readonly responderSelectors: Span;
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

export interface Span {
  readonly start: number;
  readonly end: number;
}

const NOWHERE: Span = { start: 0, end: 0 };

/**
 * IDi, AUTH, SAi2, TSi, TSr [, IDr] [, CP] [, N+] in any order, each once: `undefined` for anything else. `firstPayload`: what SK says.
 */
export function plainAuthRequest(firstPayload: number, plaintext: Uint8Array): PlainAuthRequest | undefined {
  const length = plaintext.length === 0 ? -1 : plaintext.length - 1 - plaintext[plaintext.length - 1];
  if (length < 0) return undefined;
  const found: { -readonly [Name in keyof PlainAuthRequest]: PlainAuthRequest[Name] } = {
    idI: NOWHERE,
    idR: NOWHERE,
    auth: NOWHERE,
    configuration: NOWHERE,
    sa: NOWHERE,
    initiatorSelectors: NOWHERE,
    responderSelectors: NOWHERE,
    asksTicket: false,
    saysInitialContact: false,
    knowsMobility: false,
    addresses: NO_TRAITS,
    traits: NO_TRAITS,
  };
  let type = firstPayload;
  let start = 0;
  for (let count = 0; type !== 0; count++) {
    if (count === MOST_PAYLOADS || start + GENERIC_HEADER_LENGTH > length) return undefined;
    const end = start + u16(plaintext, start + 2);
    if (end > length || end < start + TYPED_HEADER_LENGTH) return undefined;
    if (type === PayloadNumber.N) {
      if (u16(plaintext, start + 4) !== 0 || end < start + NOTIFY_HEADER_LENGTH) return undefined;
      const notifyType = u16(plaintext, start + 6);
      if (notifyType === NotifyType.TICKET_REQUEST) found.asksTicket = true;
      else if (notifyType === NotifyType.INITIAL_CONTACT) found.saysInitialContact = true;
      else if (notifyType === NotifyType.MOBIKE_SUPPORTED) found.knowsMobility = true;
      else if (notifyType === NotifyType.ADDITIONAL_IP4_ADDRESS || notifyType === NotifyType.ADDITIONAL_IP6_ADDRESS) {
        const address = notify(notifyType, plaintext.slice(start + NOTIFY_HEADER_LENGTH, end));
        found.addresses = [...found.addresses, address];
      } else if (TRAITS.has(notifyType)) found.traits = [...found.traits, TRAITS.get(notifyType)!];
      else if (notifyType >= FIRST_PRIVATE_STATUS_TYPE || ANSWERED_BY_STEPS.has(notifyType)) return undefined;
    } else {
      const name = NAMES.get(type);
      if (name === undefined || found[name] !== NOWHERE) return undefined;
      const isSelectors = type === PayloadNumber.TSi || type === PayloadNumber.TSr;
      if (isSelectors && plaintext[start + GENERIC_HEADER_LENGTH] >= MANY_SELECTORS) return undefined;
      found[name] = { start, end };
    }
    type = plaintext[start];
    start = end;
  }
  const isWhole = start === length && found.idI !== NOWHERE && found.auth !== NOWHERE && found.sa !== NOWHERE &&
    found.initiatorSelectors !== NOWHERE && found.responderSelectors !== NOWHERE;
  return isWhole && isSharedKeyAuth(plaintext, found.auth) ? found : undefined;
}

function isSharedKeyAuth(plaintext: Uint8Array, { start }: Span): boolean {
  return plaintext[start + GENERIC_HEADER_LENGTH] === AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE;
}

type Located = "idI" | "idR" | "auth" | "configuration" | "sa" | "initiatorSelectors" | "responderSelectors";

const NAMES: ReadonlyMap<number, Located> = new Map([
  [PayloadNumber.IDi, "idI"],
  [PayloadNumber.IDr, "idR"],
  [PayloadNumber.AUTH, "auth"],
  [PayloadNumber.CP, "configuration"],
  [PayloadNumber.SA, "sa"],
  [PayloadNumber.TSi, "initiatorSelectors"],
  [PayloadNumber.TSr, "responderSelectors"],
]);

/** What stands behind the type of IDi, IDr and AUTH. A view. */
export function typedContent(plaintext: Uint8Array, { start, end }: Span): Uint8Array {
  return plaintext.subarray(start + TYPED_HEADER_LENGTH, end);
}

/** The type of IDi and IDr. */
export function typeOf(plaintext: Uint8Array, { start }: Span): number {
  return plaintext[start + GENERIC_HEADER_LENGTH];
}

/** Whether IDi or IDr has the very octets of an identity. */
export function isSameId({ idType, identification }: Identity, plaintext: Uint8Array, { start, end }: Span): boolean {
  const from = start + TYPED_HEADER_LENGTH;
  if (plaintext[start + GENERIC_HEADER_LENGTH] !== idType || end - from !== identification.length) return false;
  for (let at = 0; at < identification.length; at++) if (plaintext[from + at] !== identification[at]) return false;
  return true;
}
