/**
 * Messages of draft-sheffer-ipsec-failover-03 opened and sealed by node:crypto alone, from SK_d of the ticket and Ni: HMAC-SHA-256 and AES-256-GCM.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { decodePayloads, encodePaddedPayloads, encodeProtectedPrefix, type Message } from "../../src/wire/message.ts";
import type { Payload } from "../../src/wire/payload.ts";
import { decoded } from "./messages.ts";

/** Octets of an output of the prf, and of an encryption key with its salt. */
const PRF_LENGTH = 32;
const KEY_LENGTH = 36;
const [IV_LENGTH, ICV_LENGTH] = [8, 16];

/** SK_ei or SK_er of prf+(SK_d_old, Ni). */
function keyOf(skD: Uint8Array, nonce: Uint8Array, whose: "client" | "gateway"): Uint8Array {
  const start = PRF_LENGTH + (whose === "client" ? 0 : KEY_LENGTH);
  let output = new Uint8Array(0);
  let block = new Uint8Array(0);
  for (let counter = 1; output.length < start + KEY_LENGTH; counter++) {
    block = Uint8Array.from(createHmac("sha256", skD).update(block).update(nonce).update(Uint8Array.of(counter)).digest());
    output = Uint8Array.of(...output, ...block);
  }
  return output.slice(start, start + KEY_LENGTH);
}

/** A message, in clear and inside SK. */
export interface LoneMessage {
  readonly message: Message;
  readonly before: readonly Payload[];
  readonly inside: readonly Payload[];
}

export function openLone(octets: Uint8Array, skD: Uint8Array, nonce: Uint8Array): LoneMessage {
  const message = decoded(octets);
  const encrypted = message.payloads.find((payload) => payload.type === "SK");
  assert.ok(encrypted);
  const key = keyOf(skD, nonce, message.header.isResponse ? "gateway" : "client");
  const iv = octets.subarray(encrypted.offset, encrypted.offset + IV_LENGTH);
  const decipher = createDecipheriv("aes-256-gcm", key.subarray(0, 32), Buffer.concat([key.subarray(32), iv]));
  decipher.setAAD(octets.subarray(0, encrypted.offset));
  decipher.setAuthTag(octets.subarray(-ICV_LENGTH));
  const sealed = octets.subarray(encrypted.offset + IV_LENGTH, -ICV_LENGTH);
  const plaintext = new Uint8Array(Buffer.concat([decipher.update(sealed), decipher.final()]));
  const content = plaintext.subarray(0, plaintext.length - 1 - plaintext[plaintext.length - 1]);
  const inside = decodePayloads(encrypted.firstPayload, content);
  assert.ok(inside.ok);
  return { message, before: message.payloads.filter((payload) => payload !== encrypted), inside: inside.value };
}

/** The same message with other payloads, from the same end. */
export function sealLone(
  { message: { header }, before, inside }: LoneMessage,
  skD: Uint8Array,
  nonce: Uint8Array,
): Uint8Array {
  const { octets, firstPayload } = encodePaddedPayloads(inside, 1);
  const prefix = encodeProtectedPrefix(header, firstPayload, IV_LENGTH + octets.length + ICV_LENGTH, before);
  const key = keyOf(skD, nonce, header.isResponse ? "gateway" : "client");
  const iv = randomBytes(IV_LENGTH);
  const cipher = createCipheriv("aes-256-gcm", key.subarray(0, 32), Buffer.concat([key.subarray(32), iv]));
  cipher.setAAD(prefix);
  const sealed = Buffer.concat([cipher.update(octets), cipher.final()]);
  return new Uint8Array(Buffer.concat([prefix, iv, sealed, cipher.getAuthTag()]));
}
