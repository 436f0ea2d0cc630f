/**
 * What one resumption gives the gateway's cryptography, and what has to come of it (RFC 5723, sections 4.3 and 5.1). The prf is
 * HMAC-SHA2-256; messages are protected by AES-GCM-16 with 256-bit keys, tickets by AES-256-GCM.
 *
 * @module
 */

export interface Session {
  /** The same array in all sessions: 32 octets. */
  readonly ticketKey: Uint8Array;
  /** The ticket that is presented: 12 octets in clear | 12 of IV | state | ICV. */
  readonly ticket: Uint8Array;
  /** Where SK_d of the old IKE SA stands in the state. */
  readonly oldSkDOffset: number;
  readonly initiatorNonce: Uint8Array;
  readonly responderNonce: Uint8Array;
  /** SPIi | SPIr. */
  readonly spis: Uint8Array;
  /** The IKE_SESSION_RESUME request and response as they went over the wire: what AUTHi and AUTHr cover. */
  readonly initiatorMessage: Uint8Array;
  readonly responderMessage: Uint8Array;
  /** IDi' and IDr' of RFC 7296, section 2.15: the bodies of the payloads. */
  readonly initiatorId: Uint8Array;
  readonly responderId: Uint8Array;
  /** The IKE_AUTH request: 32 octets of headers | 8 of IV | payloads | ICV. */
  readonly request: Uint8Array;
  /** Where AUTHi stands in its plaintext. */
  readonly authOffset: number;
  readonly nextTicket: Plain;
  /** The IKE_AUTH response. The octets at the place of the next ticket are zero, and nobody's to change. */
  readonly response: Plain;
  /** Where the next ticket goes in the response's plaintext. */
  readonly ticketOffset: number;
  readonly expected: Outcome & { readonly nextTicket: Uint8Array };
}

/** What is to be sealed to: associated data | IV | ciphertext | ICV. */
export interface Plain {
  readonly associatedData: Uint8Array;
  readonly iv: Uint8Array;
  readonly plaintext: Uint8Array;
}

/** What an implementation makes of a session. The next ticket is inside the response. */
export interface Outcome {
  readonly ticketState: Uint8Array;
  readonly keyingMaterial: Uint8Array;
  readonly requestPlaintext: Uint8Array;
  /** AUTHr. */
  readonly auth: Uint8Array;
  readonly childKeys: Uint8Array;
  readonly response: Uint8Array;
}

/** "Resumption" in ASCII, ten octets without a terminator (RFC 5723, section 5.1). */
export const RESUMPTION_LABEL: Uint8Array = new TextEncoder().encode("Resumption");

export const KEY_LENGTH = 32;
export const SALT_LENGTH = 4;
export const MAC_LENGTH = 32;
export const ICV_LENGTH = 16;
export const TICKET_CLEAR_LENGTH = 12;
export const TICKET_IV_LENGTH = 12;
/** The IKE header and the generic header of SK. */
export const MESSAGE_CLEAR_LENGTH = 32;
export const MESSAGE_IV_LENGTH = 8;
/** An ESP key with its salt, for each direction. */
export const CHILD_KEYS_LENGTH: number = 2 * (KEY_LENGTH + SALT_LENGTH);

/** Where each key stands in the keying material of an IKE SA (RFC 7296, section 2.14), its salt behind it. */
export const SK_D_OFFSET = 0;
export const SK_EI_OFFSET: number = SK_D_OFFSET + MAC_LENGTH;
export const SK_ER_OFFSET: number = SK_EI_OFFSET + KEY_LENGTH + SALT_LENGTH;
export const SK_PI_OFFSET: number = SK_ER_OFFSET + KEY_LENGTH + SALT_LENGTH;
export const SK_PR_OFFSET: number = SK_PI_OFFSET + MAC_LENGTH;
export const KEYING_MATERIAL_LENGTH: number = SK_PR_OFFSET + MAC_LENGTH;

/** Views of the keying material, encryption keys with their salt. */
export const skD = (keyingMaterial: Uint8Array): Uint8Array => keyingMaterial.subarray(SK_D_OFFSET, SK_EI_OFFSET);
export const skEi = (keyingMaterial: Uint8Array): Uint8Array => keyingMaterial.subarray(SK_EI_OFFSET, SK_ER_OFFSET);
export const skEr = (keyingMaterial: Uint8Array): Uint8Array => keyingMaterial.subarray(SK_ER_OFFSET, SK_PI_OFFSET);
export const skPi = (keyingMaterial: Uint8Array): Uint8Array => keyingMaterial.subarray(SK_PI_OFFSET, SK_PR_OFFSET);
export const skPr = (keyingMaterial: Uint8Array): Uint8Array => keyingMaterial.subarray(SK_PR_OFFSET, KEYING_MATERIAL_LENGTH);

/** SK_d of the IKE SA that a ticket stands for. */
export function oldSkD({ oldSkDOffset }: Session, ticketState: Uint8Array): Uint8Array {
  return ticketState.subarray(oldSkDOffset, oldSkDOffset + MAC_LENGTH);
}

/** AUTHi in an opened IKE_AUTH request. */
export function initiatorAuth({ authOffset }: Session, requestPlaintext: Uint8Array): Uint8Array {
  return requestPlaintext.subarray(authOffset, authOffset + MAC_LENGTH);
}
