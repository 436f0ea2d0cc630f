/** AES-CBC (RFC 3602) with a truncated HMAC over all before it (RFC 4868; RFC 7296, section 3.14), with node:crypto. @module */
import { createCipheriv, createDecipheriv, timingSafeEqual } from "node:crypto";
import { icvLength, type IntegrityAlgorithm, type Protection } from "../algorithms.ts";
import type { OpenRequest, SealRequest } from "../provider.ts";
import { wipe } from "../wipe.ts";
import { hmacOf } from "./hmac.ts";
import { plainView } from "./octets.ts";
import { secretKeyOf } from "./secret_key.ts";

/** The size guards have passed. */
export function sealCbc(request: SealRequest, integrity: IntegrityAlgorithm): Uint8Array {
  const { protection, encryptionKey, integrityKey, iv, associatedData, plaintext } = request;
  const ivOffset = associatedData.length;
  const icvOffset = ivOffset + iv.length + plaintext.length;
  const sealed = new Uint8Array(icvOffset + integrity.icvLength);
  sealed.set(associatedData);
  sealed.set(iv, ivOffset);
  const cipher = createCipheriv(cipherName(protection), secretKeyOf(encryptionKey), iv);
  cipher.setAutoPadding(false);
  sealed.set(cipher.update(plaintext), ivOffset + iv.length);
  cipher.final();
  sealed.set(icvOf(integrity, integrityKey, sealed.subarray(0, icvOffset)), icvOffset);
  return sealed;
}

/** The size guards have passed. `undefined` when not authentic; nothing is decrypted before that is known. */
export function openCbc(request: OpenRequest, integrity: IntegrityAlgorithm): Uint8Array | undefined {
  const { protection, encryptionKey, integrityKey, sealed, associatedDataLength } = request;
  const icvOffset = sealed.length - icvLength(protection);
  const icv = icvOf(integrity, integrityKey, sealed.subarray(0, icvOffset));
  const isAuthentic = timingSafeEqual(icv, sealed.subarray(icvOffset));
  // Whoever could read the right ICV could forge with it.
  wipe(icv);
  if (!isAuthentic) return undefined;
  const bodyOffset = associatedDataLength + protection.encryption.ivLength;
  const decipher = createDecipheriv(
    cipherName(protection),
    secretKeyOf(encryptionKey),
    sealed.subarray(associatedDataLength, bodyOffset),
  );
  decipher.setAutoPadding(false);
  const plaintext = decipher.update(sealed.subarray(bodyOffset, icvOffset));
  decipher.final();
  return plainView(plaintext);
}

function cipherName({ keyLength }: Protection): string {
  return `aes-${8 * keyLength}-cbc`;
}

function icvOf(integrity: IntegrityAlgorithm, integrityKey: Uint8Array, octets: Uint8Array): Uint8Array {
  return hmacOf(integrity.hash, integrityKey, [octets]).subarray(0, integrity.icvLength);
}
