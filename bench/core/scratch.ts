/**
 * Where the implementations in JavaScript put octets together, so that none of them is slowed down by making arrays for it.
 *
 * @module
 */
import { KEY_LENGTH, MESSAGE_IV_LENGTH, SALT_LENGTH, type Session } from "./session.ts";

const LONGEST_PLAINTEXT = 4096;

const nonce = new Uint8Array(SALT_LENGTH + MESSAGE_IV_LENGTH);
const plaintext = new Uint8Array(LONGEST_PLAINTEXT);

/** Salt | IV, good until the next call. @param key with its salt behind it */
export function joinNonce(key: Uint8Array, iv: Uint8Array): Uint8Array {
  for (let i = 0; i < SALT_LENGTH; i++) nonce[i] = key[KEY_LENGTH + i];
  nonce.set(iv, SALT_LENGTH);
  return nonce;
}

/** The response's plaintext with the ticket in its place, good until the next call. */
export function placeTicket({ response, ticketOffset }: Session, ticket: Uint8Array): Uint8Array {
  const placed = plaintext.subarray(0, response.plaintext.length);
  placed.set(response.plaintext);
  placed.set(ticket, ticketOffset);
  return placed;
}
