/**
 * Tickets by value (RFC 5723, appendix A.1): version | reserved | key identity | IV | encrypted state | MAC.
 *
 * The functions here say what is to be sealed or opened; a provider does it, for a whole wave at once.
 *
 * @module
 */
import { icvLength, ivLength } from "../crypto/algorithms.ts";
import { fillRandomly, type RandomSource } from "../crypto/key_exchange.ts";
import type { OpenRequest, SealRequest } from "../crypto/provider.ts";
import { wipe } from "../crypto/wipe.ts";
import { OctetChunks, passing } from "../wire/octet_chunks.ts";
import { toHexadecimal } from "../wire/hexadecimal.ts";
import type { OpenedState } from "./opened_state.ts";
import { STANDARD_FORMAT, type TicketFormat } from "./ticket_format.ts";
import { KEY_ID_LENGTH, type TicketKey } from "./ticket_key.ts";
import type { TicketKeyRing } from "./ticket_key_ring.ts";
import { type TicketProtection, underivedProtection, usesOf } from "./ticket_key_uses.ts";
import { encodeTicketState, type TicketState } from "./ticket_state.ts";

/** Sealed under the ticket key itself, by an earlier version of this program. */
const UNDERIVED_FORMAT_VERSION = 1;
/** Octets of IV that tell one ticket of a key from all others; with AES-CBC there are more. */
const TELLING_IV_LENGTH = 12;
/** The MAC of every algorithm that tickets know has at least this length. */
const LEAST_MAC_LENGTH = 16;

/** No ticket is shorter, whatever its algorithm. */
export const MINIMUM_TICKET_LENGTH: number = minimumLengthOf(STANDARD_FORMAT);

function minimumLengthOf({ clearLength }: TicketFormat): number {
  return clearLength + TELLING_IV_LENGTH + LEAST_MAC_LENGTH;
}

/**
 * The request that makes a ticket of `state` under the ring's current key. The IV is random: a fleet of gateways may share the
 * key. `undefined`: no key of the ring may seal another ticket.
 */
export function sealTicketRequest(state: TicketState, ring: TicketKeyRing, random: RandomSource): SealRequest | undefined {
  const key = ring.keyForSealing();
  return key && sealTicketUnder(state, key, random);
}

/**
 * As {@link sealTicketRequest}, under a key that `keyForSealing` of a ring gave for this one ticket.
 *
 * @param before the state of an opened ticket, whose octets are taken over where it says the same.
 */
export function sealTicketUnder(
  state: TicketState,
  key: TicketKey,
  random: RandomSource,
  before?: OpenedState,
  format: TicketFormat = STANDARD_FORMAT,
): SealRequest {
  const { protection, encryptionKey, integrityKey } = usesOf(key, format.name).byValue;
  return {
    protection,
    encryptionKey,
    integrityKey,
    iv: drawnIv(ivLength(protection), random),
    associatedData: clearPartOf(key, format),
    plaintext: padded(
      before?.octetsOfNext(state, states) ?? encodeTicketState(state, states, format.saysMethod),
      protection.encryption.blockLength,
    ),
  };
}

function drawnIv(length: number, random: RandomSource): Uint8Array {
  const iv = passing.take(length);
  fillRandomly(iv, random);
  return iv;
}

/** What stands in clear in the tickets of a key, by the array of its identity: the same array each time, which is only read. */
const clearParts = new WeakMap<Uint8Array, Uint8Array>();

function clearPartOf({ keyId }: TicketKey, format: TicketFormat): Uint8Array {
  if (format !== STANDARD_FORMAT) return format.clearPart(keyId);
  let clear = clearParts.get(keyId);
  if (clear === undefined) clearParts.set(keyId, clear = format.clearPart(keyId));
  return clear;
}

/** SK_d is in each: nothing else is cut from these, and each is wiped once it was sealed. */
const states = new OctetChunks();

/** Octets of the ticket that a request leads to. */
export function ticketLength({ protection, associatedData, iv, plaintext }: SealRequest): number {
  return associatedData.length + iv.length + plaintext.length + icvLength(protection);
}

/**
 * The request that opens a presented ticket. `undefined`: its form alone shows that it is none of ours. An unknown key identity
 * gets the decoy key, so that which keys a gateway holds does not show in its time (RFC 5723, section 9.2). What is opened goes
 * through {@link withoutPadding}.
 */
export function openTicketRequest(
  ticket: Uint8Array,
  ring: TicketKeyRing,
  format: TicketFormat = STANDARD_FORMAT,
): OpenRequest | undefined {
  if (ticket.length < minimumLengthOf(format)) return undefined;
  const key = keyOf(ticket, ring, format);
  if (format.isOf(ticket)) return openRequest(usesOf(key ?? ring.decoy, format.name).byValue, ticket, format);
  if (format !== STANDARD_FORMAT || ticket[0] !== UNDERIVED_FORMAT_VERSION) return undefined;
  const underived = key?.opensVersion1 ? key : ring.decoy;
  return openRequest(underivedProtection(underived), ticket, format);
}

function openRequest(
  { protection, encryptionKey, integrityKey }: TicketProtection,
  sealed: Uint8Array,
  { clearLength: associatedDataLength }: TicketFormat,
): OpenRequest {
  return { protection, encryptionKey, integrityKey, sealed, associatedDataLength };
}

/**
 * Removes the padding from an opened ticket: AES-CBC fills its last block up. `undefined`: authentic, but not padded as by
 * {@link sealTicketRequest}.
 */
export function withoutPadding({ protection }: OpenRequest, plaintext: Uint8Array): Uint8Array | undefined {
  if (protection.encryption.blockLength === 1) return plaintext;
  const length = plaintext.length - 1 - (plaintext.at(-1) ?? 0);
  return length < 0 ? undefined : plaintext.subarray(0, length);
}

/** Pads as IKE does (RFC 7296, section 3.14): zeros, then their number in the last octet. Without blocks nothing is added. */
function padded(state: Uint8Array, blockLength: number): Uint8Array {
  if (blockLength === 1) return state;
  const octets = new Uint8Array(Math.ceil((state.length + 1) / blockLength) * blockLength);
  octets.set(state);
  octets[octets.length - 1] = octets.length - state.length - 1;
  wipe(state);
  return octets;
}

/** The key of a ring whose identity a ticket of at least `clearLength` octets carries. */
export function keyOf(ticket: Uint8Array, ring: TicketKeyRing, format: TicketFormat = STANDARD_FORMAT): TicketKey | undefined {
  const { keyIdOffset } = format;
  return keyIdOffset === undefined ? ring.find(format.keyIdOf(ticket)) : ring.find(ticket, keyIdOffset);
}

/** The name under which a ticket that opened is claimed: key identity and IV, which no two tickets share. */
export function ticketIdOf(ticket: Uint8Array, format: TicketFormat = STANDARD_FORMAT): string {
  return nameOf(ticket, ticket, format.clearLength, format);
}

/** As {@link ticketIdOf}, for a ticket that is yet to be sealed. */
export function ticketIdOfRequest({ associatedData, iv }: SealRequest, format: TicketFormat = STANDARD_FORMAT): string {
  return nameOf(associatedData, iv, 0, format);
}

/** @param clear begins with what stands in clear before a ticket. */
function nameOf(clear: Uint8Array, octets: Uint8Array, ivStart: number, { keyIdOffset, keyIdOf }: TicketFormat): string {
  const keyId = keyIdOffset === undefined ? keyIdOf(clear) : clear;
  const keyIdStart = keyIdOffset ?? 0;
  for (let at = 0; at < KEY_ID_LENGTH; at++) nameOctets[at] = keyId[keyIdStart + at];
  for (let at = 0; at < TELLING_IV_LENGTH; at++) nameOctets[KEY_ID_LENGTH + at] = octets[ivStart + at];
  return toHexadecimal(nameOctets);
}

/** Of the name that is being written: it is no secret, and written over by the next. */
const nameOctets = new Uint8Array(KEY_ID_LENGTH + TELLING_IV_LENGTH);
