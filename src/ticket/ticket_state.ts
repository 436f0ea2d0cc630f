/**
 * What a gateway needs of an IKE SA to resume it (RFC 5723, section 5), and its form inside a ticket by value (appendix A.1).
 *
 * @module
 */
import type { OctetChunks } from "../wire/octet_chunks.ts";
import { AuthenticationMethod, NO_NEXT_PAYLOAD } from "../wire/constants.ts";
import type { Proposal } from "../wire/payload.ts";
import { GENERIC_HEADER_LENGTH, writeGenericHeader } from "../wire/payload_chain.ts";
import { identificationLength, writeIdentification } from "../wire/payloads/identification.ts";
import { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";
import type { Identity } from "./identity.ts";
import { KnownOctets } from "./known_octets.ts";
import { proposalOctets, readProposal } from "./known_proposals.ts";
import {
  type ItemsToRead,
  METHOD_ITEM_LENGTH,
  readTicketItems,
  type TicketItems,
  ticketItemsLength,
  writeMethodItem,
  writeTicketItems,
} from "./ticket_items.ts";

/** Every item that the table of RFC 5723, section 5 marks "from the ticket", the ticket's expiration, and what else policy needs. */
export interface TicketState extends TicketItems {
  readonly initiatorId: Identity;
  readonly responderId: Identity;
  /** The SPIs of the IKE SA that the ticket stands for: to find it, never to be used again (note 4). */
  readonly initiatorSpi: bigint;
  readonly responderSpi: bigint;
  /** SAr: the chosen proposal. */
  readonly proposal: Proposal;
  /** SK_d of that IKE SA. 1 to 255 octets. Secret. */
  readonly skD: Uint8Array;
  /** AUTH method of the exchange in which the client proved itself; 0 to 255. */
  readonly authenticationMethod: number;
  /** Seconds since 1 January 1970, 32 bits unsigned. */
  readonly expiresAtEpochSeconds: number;
}

const SPIS_LENGTH = 16;
/** SK_d length and expiration. */
const FIXED_TAIL_LENGTH = 1 + 4;

/**
 * IDi | IDr (full payloads) | SPIi | SPIr | SA (full payload) | length of SK_d | SK_d | authentication method | expiration
 * | items. Numbers in network order; the items are those of {@link encodeTicketItems}.
 *
 * @param chunks where the octets are to be cut from, if not from a buffer of their own.
 * @param saysMethod `false`: the format has no authentication method. A shared key is what is meant then; any other stands as an item at the end,
 * because policy asks for it.
 * @throws {RangeError} an item is too long, or empty.
 */
export function encodeTicketState(state: TicketState, chunks?: OctetChunks, saysMethod: boolean = true): Uint8Array {
  const { initiatorId, responderId, skD } = state;
  const sa = proposalOctets(state.proposal);
  const length = identityLength(initiatorId) + identityLength(responderId) + SPIS_LENGTH + sa.length + skD.length +
    FIXED_TAIL_LENGTH + (saysMethod ? 1 : hasMethodItem(state) ? METHOD_ITEM_LENGTH : 0) + ticketItemsLength(state);
  const writer = new Writer(chunks?.take(length) ?? length);
  writeIdentity(writer, initiatorId);
  writeIdentity(writer, responderId);
  writer.u64(state.initiatorSpi, "ticket: initiator SPI");
  writer.u64(state.responderSpi, "ticket: responder SPI");
  writer.copy(sa);
  writer.u8(skD.length, "ticket: length of SK_d");
  writer.copy(skD);
  if (saysMethod) writer.u8(state.authenticationMethod, "ticket: authentication method");
  writer.u32(state.expiresAtEpochSeconds >>> 0, "ticket: expiration");
  writeTicketItems(writer, state);
  if (!saysMethod && hasMethodItem(state)) writeMethodItem(writer, state.authenticationMethod);
  return writer.octets;
}

function hasMethodItem({ authenticationMethod }: TicketState): boolean {
  return authenticationMethod !== AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE;
}

/**
 * Reads what {@link encodeTicketState} wrote. `undefined` for anything else: the octets are authentic when they come here, but may
 * have been sealed by another version of this program that shares the ticket keys.
 */
export function decodeTicketState(octets: Uint8Array, saysMethod: boolean = true): TicketState | undefined {
  const reader = new Reader(octets, 0, "ticket");
  const initiatorId = readIdentity(reader);
  const responderStart = reader.position;
  reader.skip(readPayloadHeader(reader));
  const responderId = reader.error ? undefined : readResponderId(octets, responderStart, reader.position);
  const initiatorSpi = reader.u64();
  const responderSpi = reader.u64();
  const saStart = reader.position;
  reader.skip(readPayloadHeader(reader));
  const proposal = reader.error ? undefined : readProposal(octets, saStart, reader.position);
  const skD = reader.octets(reader.u8());
  const authenticationMethod = saysMethod ? reader.u8() : AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE;
  const expiresAtEpochSeconds = reader.u32();
  if (reader.error || responderId === undefined || proposal === undefined || skD.length === 0) return undefined;
  const state: TicketState & ItemsToRead = {
    initiatorId,
    responderId,
    initiatorSpi,
    responderSpi,
    proposal,
    skD,
    authenticationMethod,
    expiresAtEpochSeconds,
  };
  return readTicketItems(reader, state) ? state : undefined;
}

/** The identity in a payload that stands there: of equal octets one object, which shares nothing with them. `undefined`: it is none. */
export function readResponderId(octets: Uint8Array, start: number, end: number): Identity | undefined {
  return responderIds.valueOf(octets, start, end);
}

/** The gateways' own: few, and kept as long as an IKE SA is up. */
const responderIds = new KnownOctets<Identity>((octets) =>
  octets.length < IDENTIFICATION_OFFSET
    ? undefined
    : { idType: octets[GENERIC_HEADER_LENGTH], identification: octets.subarray(IDENTIFICATION_OFFSET) }
);

/** Behind ID type and three reserved octets. */
const IDENTIFICATION_OFFSET = GENERIC_HEADER_LENGTH + 4;

function identityLength(identity: Identity): number {
  return GENERIC_HEADER_LENGTH + identificationLength(identity);
}

/** A payload that is the last of its chain. */
function writeIdentity(writer: Writer, identity: Identity): void {
  writeGenericHeader(writer, NO_NEXT_PAYLOAD, identityLength(identity));
  writeIdentification(writer, identity);
}

function readIdentity(reader: Reader): Identity {
  const outer = reader.enter(readPayloadHeader(reader));
  const idType = reader.u8();
  reader.skip(3);
  const identification = reader.rest();
  reader.leave(outer);
  return { idType, identification };
}

/** Octets of the body of a payload that is the last of its chain. */
function readPayloadHeader(reader: Reader): number {
  if (reader.u8() !== NO_NEXT_PAYLOAD) reader.fail("bad-value", "no next payload");
  reader.skip(1);
  return reader.u16() - GENERIC_HEADER_LENGTH;
}
