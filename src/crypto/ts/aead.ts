/** AES-GCM-16 (RFC 5282) and ChaCha20-Poly1305 (RFC 7634) with noble. @module */
import { gcm } from "@noble/ciphers/aes.js";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import type { Protection } from "../algorithms.ts";
import type { OpenRequest, SealRequest } from "../provider.ts";

/** The size guards have passed. */
export function sealAead({ protection, encryptionKey, iv, associatedData, plaintext }: SealRequest): Uint8Array {
  const { cipher, icvLength } = protection.encryption;
  const bodyOffset = associatedData.length + iv.length;
  const sealed = new Uint8Array(bodyOffset + plaintext.length + icvLength);
  sealed.set(associatedData);
  sealed.set(iv, associatedData.length);
  const key = encryptionKey.subarray(0, protection.keyLength);
  const nonce = nonceOf(protection, encryptionKey, iv);
  // noble's GCM writes into an array of its own; its ChaCha20-Poly1305 writes straight to where the message is put together.
  if (cipher === "aes-gcm") sealed.set(gcm(key, nonce, associatedData).encrypt(plaintext), bodyOffset);
  else chacha20poly1305(key, nonce, associatedData).encrypt(plaintext, sealed.subarray(bodyOffset));
  return sealed;
}

/** The size guards have passed. `undefined` when not authentic. */
export function openAead({ protection, encryptionKey, sealed, associatedDataLength }: OpenRequest): Uint8Array | undefined {
  const bodyOffset = associatedDataLength + protection.encryption.ivLength;
  const associatedData = sealed.subarray(0, associatedDataLength);
  const nonce = nonceOf(protection, encryptionKey, sealed.subarray(associatedDataLength, bodyOffset));
  const key = encryptionKey.subarray(0, protection.keyLength);
  const aead = protection.encryption.cipher === "aes-gcm" ? gcm : chacha20poly1305;
  try {
    return aead(key, nonce, associatedData).decrypt(sealed.subarray(bodyOffset));
  } catch {
    // Sizes are right, so this is noble's "invalid tag", which it raises in constant time and before it decrypts.
    return undefined;
  }
}

function nonceOf(protection: Protection, encryptionKey: Uint8Array, iv: Uint8Array): Uint8Array {
  const salt = encryptionKey.subarray(protection.keyLength);
  const nonce = new Uint8Array(salt.length + iv.length);
  nonce.set(salt);
  nonce.set(iv, salt.length);
  return nonce;
}
