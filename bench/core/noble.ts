/**
 * The noble packages in their best form: an HMAC's keyed state is copied where one key serves twice.
 *
 * @module
 */
import { gcm } from "@noble/ciphers/aes.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { equalInConstantTime } from "../../src/crypto/constant_time.ts";
import { NotAuthentic, type OneByOne, type OperationName } from "./implementation.ts";
import {
  CHILD_KEYS_LENGTH,
  ICV_LENGTH,
  KEY_LENGTH,
  KEYING_MATERIAL_LENGTH,
  MAC_LENGTH,
  MESSAGE_CLEAR_LENGTH,
  MESSAGE_IV_LENGTH,
  type Plain,
  RESUMPTION_LABEL,
  TICKET_CLEAR_LENGTH,
  TICKET_IV_LENGTH,
} from "./session.ts";
import { joinNonce, placeTicket } from "./scratch.ts";

export const NOBLE: OneByOne = {
  name: "noble",
  openTicket({ ticketKey, ticket }) {
    const bodyOffset = TICKET_CLEAR_LENGTH + TICKET_IV_LENGTH;
    const iv = ticket.subarray(TICKET_CLEAR_LENGTH, bodyOffset);
    return open("open ticket", ticketKey, iv, ticket.subarray(0, TICKET_CLEAR_LENGTH), ticket.subarray(bodyOffset));
  },
  deriveKeys(session, oldSkD) {
    const { initiatorNonce, responderNonce, spis } = session;
    const skeyseed = hmac.create(sha256, oldSkD).update(RESUMPTION_LABEL).update(initiatorNonce).update(responderNonce)
      .digest();
    return prfPlus(skeyseed, [initiatorNonce, responderNonce, spis], KEYING_MATERIAL_LENGTH);
  },
  openRequest({ request }, skEi) {
    const bodyOffset = MESSAGE_CLEAR_LENGTH + MESSAGE_IV_LENGTH;
    const nonce = joinNonce(skEi, request.subarray(MESSAGE_CLEAR_LENGTH, bodyOffset));
    const associatedData = request.subarray(0, MESSAGE_CLEAR_LENGTH);
    return open("open request", skEi.subarray(0, KEY_LENGTH), nonce, associatedData, request.subarray(bodyOffset));
  },
  authenticate(session, skPi, skPr, initiatorAuth) {
    const { initiatorMessage, responderMessage, initiatorNonce, responderNonce, initiatorId, responderId } = session;
    const theirs = auth(skPi, initiatorMessage, responderNonce, initiatorId);
    if (!equalInConstantTime(theirs, initiatorAuth)) throw new NotAuthentic("authenticate");
    return auth(skPr, responderMessage, initiatorNonce, responderId);
  },
  childKeys: ({ initiatorNonce, responderNonce }, skD) => prfPlus(skD, [initiatorNonce, responderNonce], CHILD_KEYS_LENGTH),
  sealTicket: ({ ticketKey, nextTicket }) => seal(ticketKey, nextTicket.iv, nextTicket, nextTicket.plaintext),
  sealResponse(session, skEr, ticket) {
    const { response } = session;
    return seal(skEr.subarray(0, KEY_LENGTH), joinNonce(skEr, response.iv), response, placeTicket(session, ticket));
  },
};

function auth(key: Uint8Array, realMessage: Uint8Array, peerNonce: Uint8Array, restOfIdPayload: Uint8Array): Uint8Array {
  const keyed = hmac.create(sha256, key);
  const macedId = keyed.clone().update(restOfIdPayload).digest();
  return keyed.update(realMessage).update(peerNonce).update(macedId).digest();
}

function prfPlus(key: Uint8Array, seed: readonly Uint8Array[], length: number): Uint8Array {
  const keyed = hmac.create(sha256, key);
  const state = keyed.clone();
  const output = new Uint8Array(length);
  const block = new Uint8Array(MAC_LENGTH);
  const counter = new Uint8Array(1);
  for (let offset = 0; offset < length; offset += MAC_LENGTH) {
    if (offset > 0) keyed._cloneInto(state).update(block);
    for (const part of seed) state.update(part);
    counter[0]++;
    state.update(counter).digestInto(block);
    output.set(length - offset < MAC_LENGTH ? block.subarray(0, length - offset) : block, offset);
  }
  return output;
}

function seal(key: Uint8Array, nonce: Uint8Array, { associatedData, iv }: Plain, plaintext: Uint8Array): Uint8Array {
  const bodyOffset = associatedData.length + iv.length;
  const sealed = new Uint8Array(bodyOffset + plaintext.length + ICV_LENGTH);
  sealed.set(associatedData);
  sealed.set(iv, associatedData.length);
  sealed.set(gcm(key, nonce, associatedData).encrypt(plaintext), bodyOffset);
  return sealed;
}

function open(
  operation: OperationName,
  key: Uint8Array,
  nonce: Uint8Array,
  associatedData: Uint8Array,
  body: Uint8Array,
): Uint8Array {
  try {
    return gcm(key, nonce, associatedData).decrypt(body);
  } catch {
    throw new NotAuthentic(operation);
  }
}
