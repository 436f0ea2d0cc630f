/**
 * AES with keys of 192 bits: node:crypto has it in Node, and not in Deno, where noble's takes its place. noble is loaded only there.
 *
 * @module
 */
import { createCipheriv } from "node:crypto";
import type { Protection } from "../algorithms.ts";

const KEY_LENGTH = 24;

/** noble's functions where node:crypto has no AES-192; `undefined` where it has. */
export const NOBLE_AES_192:
  | (typeof import("../ts/aead.ts") & typeof import("../ts/cbc_hmac.ts"))
  | undefined = hasAes192() ? undefined : { ...await import("../ts/aead.ts"), ...await import("../ts/cbc_hmac.ts") };

export function isAes192({ encryption, keyLength }: Protection): boolean {
  return keyLength === KEY_LENGTH && encryption.cipher !== "chacha20-poly1305";
}

function hasAes192(): boolean {
  try {
    createCipheriv("aes-192-gcm", new Uint8Array(KEY_LENGTH), new Uint8Array(12));
    return true;
  } catch {
    return false;
  }
}
