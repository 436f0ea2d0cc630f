/**
 * What a gateway needs of an IKE SA to resume it (RFC 5723, section 5), and its form inside a ticket by value (appendix A.1).
 *
 * @module
 */
import { decodePayloads, encodePayloads } from "../wire/message.ts";
import { PayloadNumber } from "../wire/constants.ts";
import type { PayloadOf, PayloadType, Proposal } from "../wire/payload.ts";
import type { Identity } from "./identity.ts";
import { decodeTicketItems, encodeTicketItems, type TicketItems } from "./ticket_items.ts";

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
const GENERIC_HEADER_LENGTH = 4;
/** SK_d length, authentication method and expiration. */
const FIXED_TAIL_LENGTH = 1 + 1 + 4;

/**
 * IDi | IDr (full payloads) | SPIi | SPIr | SA (full payload) | length of SK_d | SK_d | authentication method | expiration
 * | items. Numbers in network order; the items are those of {@link encodeTicketItems}.
 *
 * @throws {RangeError} an item is too long, or empty.
 */
export function encodeTicketState(state: TicketState): Uint8Array {
  const idI = encodePayloads([{ type: "IDi", ...state.initiatorId }]).octets;
  const idR = encodePayloads([{ type: "IDr", ...state.responderId }]).octets;
  const sa = encodePayloads([{ type: "SA", proposals: [state.proposal] }]).octets;
  const items = encodeTicketItems(state);
  const octets = new Uint8Array(
    idI.length + idR.length + SPIS_LENGTH + sa.length + state.skD.length + FIXED_TAIL_LENGTH + items.length,
  );
  const view = new DataView(octets.buffer);
  octets.set(idI);
  octets.set(idR, idI.length);
  let offset = idI.length + idR.length;
  view.setBigUint64(offset, state.initiatorSpi);
  view.setBigUint64(offset + 8, state.responderSpi);
  offset += SPIS_LENGTH;
  octets.set(sa, offset);
  offset += sa.length;
  octets[offset++] = state.skD.length;
  octets.set(state.skD, offset);
  offset += state.skD.length;
  octets[offset++] = state.authenticationMethod;
  view.setUint32(offset, state.expiresAtEpochSeconds);
  octets.set(items, offset + 4);
  return octets;
}

/**
 * Reads what {@link encodeTicketState} wrote. `undefined` for anything else: the octets are authentic when they come here, but may
 * have been sealed by another version of this program that shares the ticket keys.
 */
export function decodeTicketState(octets: Uint8Array): TicketState | undefined {
  const reader = new TicketStateReader(octets);
  const idI = reader.payload("IDi", PayloadNumber.IDi);
  const idR = reader.payload("IDr", PayloadNumber.IDr);
  const spis = reader.take(SPIS_LENGTH);
  const sa = reader.payload("SA", PayloadNumber.SA);
  const skDLength = reader.take(1)?.[0] ?? 0;
  const skD = reader.take(skDLength);
  const tail = reader.take(5);
  if (!idI || !idR || !spis || sa?.proposals.length !== 1 || !skD || skDLength === 0 || !tail) return undefined;
  const items = decodeTicketItems(reader.rest);
  if (items === undefined) return undefined;
  const spiView = new DataView(spis.buffer, spis.byteOffset);
  return {
    initiatorId: { idType: idI.idType, identification: idI.identification },
    responderId: { idType: idR.idType, identification: idR.identification },
    initiatorSpi: spiView.getBigUint64(0),
    responderSpi: spiView.getBigUint64(8),
    proposal: sa.proposals[0],
    skD,
    authenticationMethod: tail[0],
    expiresAtEpochSeconds: new DataView(tail.buffer, tail.byteOffset).getUint32(1),
    ...items,
  };
}

/** Hands out the parts in order; once one is missing, all after it are. */
class TicketStateReader {
  readonly #octets: Uint8Array;
  #offset = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  get rest(): Uint8Array {
    return this.#octets.subarray(this.#offset);
  }

  take(length: number): Uint8Array | undefined {
    if (this.#offset + length > this.#octets.length) {
      this.#offset = Infinity;
      return undefined;
    }
    return this.#octets.subarray(this.#offset, this.#offset += length);
  }

  payload<Type extends PayloadType>(type: Type, payloadNumber: number): PayloadOf<Type> | undefined {
    const start = this.#offset;
    const header = this.take(GENERIC_HEADER_LENGTH);
    if (header === undefined) return undefined;
    const length = header[2] << 8 | header[3];
    if (length < GENERIC_HEADER_LENGTH || this.take(length - GENERIC_HEADER_LENGTH) === undefined) return undefined;
    const decoded = decodePayloads(payloadNumber, this.#octets.subarray(start, start + length));
    if (!decoded.ok || decoded.value.length !== 1 || decoded.value[0].type !== type) return undefined;
    return decoded.value[0] as PayloadOf<Type>;
  }
}
