/** AES-GCM-16 (RFC 5282) and ChaCha20-Poly1305 (RFC 7634) with node:crypto. @module */
import { type CipherGCMTypes, createCipheriv, createDecipheriv } from "node:crypto";
import type { Protection } from "../algorithms.ts";
import type { OpenRequest, SealRequest } from "../provider.ts";
import { concatenate, plainView } from "./octets.ts";
import { secretKeyOf } from "./secret_key.ts";

const TAG = { authTagLength: 16 };

/** The size guards have passed. */
export function sealAead({ protection, encryptionKey, iv, associatedData, plaintext }: SealRequest): Uint8Array {
  const bodyOffset = associatedData.length + iv.length;
  const icvOffset = bodyOffset + plaintext.length;
  const sealed = new Uint8Array(icvOffset + protection.encryption.icvLength);
  sealed.set(associatedData);
  sealed.set(iv, associatedData.length);
  const key = secretKeyOf(encryptionKey.subarray(0, protection.keyLength));
  const cipher = createCipheriv(cipherName(protection), key, nonceOf(protection, encryptionKey, iv), TAG);
  cipher.setAAD(associatedData);
  sealed.set(cipher.update(plaintext), bodyOffset);
  cipher.final();
  sealed.set(cipher.getAuthTag(), icvOffset);
  return sealed;
}

/** The size guards have passed. `undefined` when not authentic. */
export function openAead({ protection, encryptionKey, sealed, associatedDataLength }: OpenRequest): Uint8Array | undefined {
  const { ivLength, icvLength } = protection.encryption;
  const bodyOffset = associatedDataLength + ivLength;
  const icvOffset = sealed.length - icvLength;
  const nonce = nonceOf(protection, encryptionKey, sealed.subarray(associatedDataLength, bodyOffset));
  const key = secretKeyOf(encryptionKey.subarray(0, protection.keyLength));
  const decipher = createDecipheriv(cipherName(protection), key, nonce, TAG);
  decipher.setAAD(sealed.subarray(0, associatedDataLength));
  decipher.setAuthTag(sealed.subarray(icvOffset));
  const plaintext = decipher.update(sealed.subarray(bodyOffset, icvOffset));
  try {
    decipher.final();
  } catch {
    // The tag does not fit. What was decrypted with it must not be seen by anyone.
    plaintext.fill(0);
    return undefined;
  }
  return plainView(plaintext);
}

/** ChaCha20-Poly1305 has the shape of the GCM ciphers in node:crypto; its types list it apart. */
function cipherName({ encryption, keyLength }: Protection): CipherGCMTypes {
  if (encryption.cipher === "chacha20-poly1305") return "chacha20-poly1305" as CipherGCMTypes;
  return `aes-${8 * keyLength}-gcm` as CipherGCMTypes;
}

function nonceOf(protection: Protection, encryptionKey: Uint8Array, iv: Uint8Array): Uint8Array {
  if (protection.encryption.saltLength === 0) return iv;
  return concatenate([encryptionKey.subarray(protection.keyLength), iv]);
}
