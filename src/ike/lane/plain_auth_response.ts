/**
 * The response to a plain IKE_AUTH request whose Child SA is had: HDR, SK {IDr, AUTH, SAr2, TSi, TSr [, N(AUTH_LIFETIME)]
 * [, N(MOBIKE_SUPPORTED) [, N(ADDITIONAL_*_ADDRESS)+]] [, N(TICKET_LT_OPAQUE)]}, written where it stands, the unsealed ticket in it (RFC 5723, sections 4.3.3 and 7.1; RFC 7296, section 3.14).
 *
 * @module
 */
import type { LaidOutMessage, SealRequest } from "../../crypto/provider.ts";
import { icvLength } from "../../crypto/algorithms.ts";
import { wipe } from "../../crypto/wipe.ts";
import { ticketLength } from "../../ticket/ticket_by_value.ts";
import { AuthenticationMethod, ExchangeType, MAJOR_VERSION, NotifyType, PayloadNumber } from "../../wire/constants.ts";
import { HEADER_LENGTH, RESPONSE } from "../../wire/header.ts";
import type { OctetChunks } from "../../wire/octet_chunks.ts";
import type { NotifyPayload, TrafficSelector } from "../../wire/payload.ts";
import { secondsUntil } from "../policy/reauthentication.ts";
import type { Instant } from "../steps/instant.ts";
import type { ProvenMember } from "./auth_member.ts";
import { putU16, putU32, putU64 } from "../../wire/numbers_in_place.ts";
import { GENERIC_HEADER_LENGTH, NOTIFY_HEADER_LENGTH } from "../../wire/payload_header.ts";

const TYPED_HEADER_LENGTH = 8;
const LIFETIME_LENGTH = 4;
/** Type, protocol, length and ports of a selector (RFC 7296, section 3.13.1). */
const SELECTOR_HEADER_LENGTH = 8;
/** Where the SPI stands in SAr2, behind the headers of payload and proposal. */
const SPI_OFFSET = 12;
const { IDr, AUTH, SA, TSi, TSr, N, SK } = PayloadNumber;

/** What is said of the Child SA. */
export interface PlainChild {
  /** SAr2 with room for the SPI. */
  readonly sa: Uint8Array;
  readonly inboundSpi: number;
  readonly remoteSelectors: readonly TrafficSelector[];
  /** TSr. */
  readonly localSelectors: Uint8Array;
}

/** What is said of the next ticket: it, or that there is none; `undefined`: it was not asked for. */
export type NextTicket = { readonly request: SealRequest; readonly lifetimeSeconds: number } | "none" | undefined;

/** With an AEAD, which needs no padding. The ticket's plaintext is wiped: it stands in the message now. */
export function plainAuthResponse(
  member: ProvenMember,
  child: PlainChild,
  mobility: readonly NotifyPayload[],
  ticket: NextTicket,
  now: Instant,
  chunks: OctetChunks,
): LaidOutMessage {
  const { opened, inReturn: { auth }, reauthenticateByMs } = member;
  const { state: { first: { suite: { protection }, spis }, sealed }, presented, keys } = opened;
  const { idType, identification } = presented.state.responderId;
  const lifetimeLength = reauthenticateByMs === undefined ? 0 : NOTIFY_HEADER_LENGTH + LIFETIME_LENGTH;
  const ticketOctets = ticket === undefined || ticket === "none" ? 0 : LIFETIME_LENGTH + ticketLength(ticket.request);
  const ticketPart = ticket === undefined ? 0 : NOTIFY_HEADER_LENGTH + ticketOctets;
  let mobilityPart = 0;
  for (const { data } of mobility) mobilityPart += NOTIFY_HEADER_LENGTH + data.length;
  const { ivLength } = protection.encryption;
  const length = HEADER_LENGTH + GENERIC_HEADER_LENGTH + ivLength + TYPED_HEADER_LENGTH + identification.length +
    TYPED_HEADER_LENGTH + auth.length + child.sa.length + selectorsLength(child.remoteSelectors) + child.localSelectors.length +
    lifetimeLength + mobilityPart + ticketPart + 1 + icvLength(protection);
  const octets = chunks.take(length);
  putU64(octets, 0, spis.initiatorSpi);
  putU64(octets, 8, spis.responderSpi);
  octets[16] = SK;
  octets[17] = MAJOR_VERSION << 4;
  octets[18] = ExchangeType.IKE_AUTH;
  octets[19] = RESPONSE;
  putU32(octets, 20, 1);
  putU32(octets, 24, length);
  octets[HEADER_LENGTH] = IDr;
  putU16(octets, HEADER_LENGTH + 2, length - HEADER_LENGTH);
  // A counter, which never repeats under one key (RFC 5282, section 3).
  putU64(octets, HEADER_LENGTH + GENERIC_HEADER_LENGTH + ivLength - 8, sealed.next++);
  let at = HEADER_LENGTH + GENERIC_HEADER_LENGTH + ivLength;
  at = putTyped(octets, at, AUTH, idType, identification);
  at = putTyped(octets, at, SA, AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE, auth);
  octets.set(child.sa, at);
  octets[at] = TSi;
  putU32(octets, at + SPI_OFFSET, child.inboundSpi);
  at = putSelectors(octets, at + child.sa.length, child.remoteSelectors);
  octets.set(child.localSelectors, at);
  octets[at] = lifetimeLength + mobilityPart + ticketPart === 0 ? 0 : N;
  at += child.localSelectors.length;
  if (reauthenticateByMs !== undefined) {
    const seconds = secondsUntil(reauthenticateByMs, now);
    at = putNotify(octets, at, mobilityPart + ticketPart === 0 ? 0 : N, NotifyType.AUTH_LIFETIME, LIFETIME_LENGTH);
    putU32(octets, at - LIFETIME_LENGTH, seconds);
  }
  for (let index = 0; index < mobility.length; index++) {
    const { notifyType, data } = mobility[index];
    at = putNotify(octets, at, ticketPart === 0 && index === mobility.length - 1 ? 0 : N, notifyType, data.length);
    octets.set(data, at - data.length);
  }
  if (ticket === "none") putNotify(octets, at, 0, NotifyType.TICKET_NACK, 0);
  let sealedFirst: LaidOutMessage["ticket"];
  if (ticket !== undefined && ticket !== "none") {
    const end = putNotify(octets, at, 0, NotifyType.TICKET_LT_OPAQUE, ticketOctets);
    putU32(octets, end - ticketOctets, ticket.lifetimeSeconds);
    sealedFirst = putTicket(octets, end - ticketOctets + LIFETIME_LENGTH, end, ticket.request);
  }
  return {
    protection,
    encryptionKey: keys.skEr,
    integrityKey: keys.skAr,
    octets,
    associatedDataLength: HEADER_LENGTH + GENERIC_HEADER_LENGTH,
    ticket: sealedFirst,
  };
}

function putTicket(octets: Uint8Array, start: number, end: number, request: SealRequest): LaidOutMessage["ticket"] {
  const { protection, encryptionKey, integrityKey, associatedData, iv, plaintext } = request;
  octets.set(associatedData, start);
  octets.set(iv, start + associatedData.length);
  octets.set(plaintext, start + associatedData.length + iv.length);
  wipe(plaintext);
  return { protection, encryptionKey, integrityKey, associatedDataLength: associatedData.length, start, end };
}

/** IDr or AUTH; `next` is the payload behind it. */
function putTyped(octets: Uint8Array, start: number, next: number, type: number, content: Uint8Array): number {
  const end = start + TYPED_HEADER_LENGTH + content.length;
  octets[start] = next;
  putU16(octets, start + 2, end - start);
  octets[start + 4] = type;
  octets.set(content, start + TYPED_HEADER_LENGTH);
  return end;
}

/** A notify of so many octets, which are yet to be written, of the IKE SA. */
function putNotify(octets: Uint8Array, start: number, next: number, notifyType: number, length: number): number {
  const end = start + NOTIFY_HEADER_LENGTH + length;
  octets[start] = next;
  putU16(octets, start + 2, end - start);
  putU16(octets, start + 6, notifyType);
  return end;
}

function selectorsLength(selectors: readonly TrafficSelector[]): number {
  let length = TYPED_HEADER_LENGTH;
  for (const { startAddress } of selectors) length += SELECTOR_HEADER_LENGTH + 2 * startAddress.length;
  return length;
}

/** TSi. */
function putSelectors(octets: Uint8Array, start: number, selectors: readonly TrafficSelector[]): number {
  octets[start] = TSr;
  octets[start + 4] = selectors.length;
  let at = start + TYPED_HEADER_LENGTH;
  for (const { selectorType, ipProtocol, startPort, endPort, startAddress, endAddress } of selectors) {
    octets[at] = selectorType;
    octets[at + 1] = ipProtocol;
    putU16(octets, at + 2, SELECTOR_HEADER_LENGTH + 2 * startAddress.length);
    putU16(octets, at + 4, startPort);
    putU16(octets, at + 6, endPort);
    octets.set(startAddress, at + SELECTOR_HEADER_LENGTH);
    octets.set(endAddress, at + SELECTOR_HEADER_LENGTH + startAddress.length);
    at += SELECTOR_HEADER_LENGTH + 2 * startAddress.length;
  }
  putU16(octets, start + 2, at - start);
  return at;
}
