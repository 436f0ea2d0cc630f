/**
 * Tickets by value (RFC 5723, appendix A.1): version | reserved | key identity | IV | encrypted state | MAC.
 *
 * The functions here say what is to be sealed or opened; a provider does it, for a whole wave at once.
 *
 * @module
 */
import type { RandomSource } from "../crypto/key_exchange.ts";
import type { OpenRequest, SealRequest } from "../crypto/provider.ts";
import { TICKET_AES_256_GCM } from "../crypto/registry.ts";
import { KEY_ID_LENGTH, type TicketKeyRing } from "./ticket_key_ring.ts";
import { encodeTicketState, type TicketState } from "./ticket_state.ts";

/** format_version of appendix A.1. */
const FORMAT_VERSION = 1;
const KEY_ID_OFFSET = 4;
/** format_version, reserved and key_id: in clear, and covered by the MAC as associated data. */
const CLEAR_LENGTH = KEY_ID_OFFSET + KEY_ID_LENGTH;
const IV_LENGTH = TICKET_AES_256_GCM.encryption.ivLength;
const MAC_LENGTH = TICKET_AES_256_GCM.encryption.icvLength;

/** No ticket is shorter. */
export const MINIMUM_TICKET_LENGTH: number = CLEAR_LENGTH + IV_LENGTH + MAC_LENGTH;

const NO_KEY = new Uint8Array(0);

/** What makes a ticket of `state` under the ring's current key. The IV is random: a fleet of gateways may share the key. */
export function sealTicketRequest(state: TicketState, ring: TicketKeyRing, random: RandomSource): SealRequest {
  const associatedData = new Uint8Array(CLEAR_LENGTH);
  associatedData[0] = FORMAT_VERSION;
  associatedData.set(ring.current.keyId, KEY_ID_OFFSET);
  return {
    protection: TICKET_AES_256_GCM,
    encryptionKey: ring.current.key,
    integrityKey: NO_KEY,
    iv: random(IV_LENGTH),
    associatedData,
    plaintext: encodeTicketState(state),
  };
}

/**
 * What opens a presented ticket. `undefined`: its form alone shows that it is none of ours. An unknown key identity gets the decoy key,
 * so that which keys a gateway holds does not show in its time (RFC 5723, section 9.2).
 */
export function openTicketRequest(ticket: Uint8Array, ring: TicketKeyRing): OpenRequest | undefined {
  if (ticket.length < MINIMUM_TICKET_LENGTH || ticket[0] !== FORMAT_VERSION) return undefined;
  const key = ring.find(ticket.subarray(KEY_ID_OFFSET, CLEAR_LENGTH)) ?? ring.decoy;
  return {
    protection: TICKET_AES_256_GCM,
    encryptionKey: key.key,
    integrityKey: NO_KEY,
    sealed: ticket,
    associatedDataLength: CLEAR_LENGTH,
  };
}

/** The name under which a ticket that opened is claimed: key identity and IV, which no two tickets share. */
export function ticketIdOf(ticket: Uint8Array): string {
  let id = "";
  for (let index = KEY_ID_OFFSET; index < CLEAR_LENGTH + IV_LENGTH; index++) id += HEXADECIMAL[ticket[index]];
  return id;
}

const HEXADECIMAL = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, "0"));
