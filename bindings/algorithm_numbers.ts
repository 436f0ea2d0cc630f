/**
 * The core's numbers of the algorithms.
 *
 * @module
 */
import type { Cipher, Hash } from "../src/crypto/algorithms.ts";
import {
  CIPHER_AES_CBC,
  CIPHER_AES_GCM,
  CIPHER_CHACHA20_POLY1305,
  HASH_SHA1,
  HASH_SHA256,
  HASH_SHA384,
  HASH_SHA512,
} from "./generated/layout.ts";

export const HASHES: { readonly [Name in Hash]: number } = {
  sha1: HASH_SHA1,
  sha256: HASH_SHA256,
  sha384: HASH_SHA384,
  sha512: HASH_SHA512,
};

/** The hash of a protection without a separate integrity algorithm. */
export const NO_HASH = 0;

export const CIPHERS: { readonly [Name in Cipher]: number } = {
  "aes-gcm": CIPHER_AES_GCM,
  "chacha20-poly1305": CIPHER_CHACHA20_POLY1305,
  "aes-cbc": CIPHER_AES_CBC,
};
