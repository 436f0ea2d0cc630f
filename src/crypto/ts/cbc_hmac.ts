/** AES-CBC (RFC 3602) with a truncated HMAC over all before it (RFC 4868; RFC 7296, section 3.14), with noble. @module */
import { cbc } from "@noble/ciphers/aes.js";
import { icvLength, type IntegrityAlgorithm } from "../algorithms.ts";
import { equalInConstantTime } from "../constant_time.ts";
import type { OpenRequest, SealRequest } from "../provider.ts";
import { wipe } from "../wipe.ts";
import { hmacOf } from "./hmac.ts";

/** IKE pads by its own rule (RFC 7296, section 3.14), before this. */
const NO_PADDING = { disablePadding: true };

/** The size guards have passed. */
export function sealCbc(request: SealRequest, integrity: IntegrityAlgorithm): Uint8Array {
  const { encryptionKey, integrityKey, iv, associatedData, plaintext } = request;
  const ivOffset = associatedData.length;
  const icvOffset = ivOffset + iv.length + plaintext.length;
  const sealed = new Uint8Array(icvOffset + integrity.icvLength);
  sealed.set(associatedData);
  sealed.set(iv, ivOffset);
  sealed.set(cbc(encryptionKey, iv, NO_PADDING).encrypt(plaintext), ivOffset + iv.length);
  sealed.set(icvOf(integrity, integrityKey, sealed.subarray(0, icvOffset)), icvOffset);
  return sealed;
}

/** The size guards have passed. `undefined` when not authentic; nothing is decrypted before that is known. */
export function openCbc(request: OpenRequest, integrity: IntegrityAlgorithm): Uint8Array | undefined {
  const { protection, encryptionKey, integrityKey, sealed, associatedDataLength } = request;
  const icvOffset = sealed.length - icvLength(protection);
  const icv = icvOf(integrity, integrityKey, sealed.subarray(0, icvOffset));
  const isAuthentic = equalInConstantTime(icv, sealed.subarray(icvOffset));
  // Whoever could read the right ICV could forge with it.
  wipe(icv);
  if (!isAuthentic) return undefined;
  const bodyOffset = associatedDataLength + protection.encryption.ivLength;
  const iv = sealed.subarray(associatedDataLength, bodyOffset);
  return cbc(encryptionKey, iv, NO_PADDING).decrypt(sealed.subarray(bodyOffset, icvOffset));
}

function icvOf(integrity: IntegrityAlgorithm, integrityKey: Uint8Array, octets: Uint8Array): Uint8Array {
  return hmacOf(integrity.hash, integrityKey, [octets]).subarray(0, integrity.icvLength);
}
