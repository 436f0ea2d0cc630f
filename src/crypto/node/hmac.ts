/** HMAC and prf+ with node:crypto. @module */
import { createHmac, hkdfSync } from "node:crypto";
import type { PrfAlgorithm } from "../algorithms.ts";
import type { DeriveKeysRequest } from "../provider.ts";
import { wipe } from "../wipe.ts";
import { concatenate, plainView } from "./octets.ts";

/** node:crypto refuses a longer `info` to hkdfSync. */
const HKDF_MAXIMUM_INFO_LENGTH = 1024;

/** HMAC(key, parts[0] | parts[1] | …). */
export function hmacOf(hash: string, key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  const state = createHmac(hash, key);
  for (const part of parts) state.update(part);
  return plainView(state.digest());
}

/** prf+(key, seed): T1 | T2 | …, where Tn = prf(key, Tn-1 | seed | n) (RFC 7296, section 2.13). */
export function prfPlusOf(prf: PrfAlgorithm, key: Uint8Array, seed: readonly Uint8Array[], length: number): Uint8Array {
  const output = new Uint8Array(length);
  const counter = new Uint8Array(1);
  let previous: Uint8Array = new Uint8Array(0);
  for (let offset = 0; offset < length; offset += prf.outputLength) {
    counter[0]++;
    const block = hmacOf(prf.hash, key, [previous, ...seed, counter]);
    output.set(length - offset < block.length ? block.subarray(0, length - offset) : block, offset);
    wipe(previous);
    previous = block;
  }
  wipe(previous);
  return output;
}

/**
 * prf+(prf(key, data), seed), in one call where it can be: with an HMAC this is exactly HKDF (RFC 5869), whose extract step is
 * HMAC(salt, input) and whose expand step is prf+, with key as salt, data as input keying material and seed as info.
 */
export function deriveKeysOf({ prf, key, data, seed, length }: DeriveKeysRequest): Uint8Array {
  const info = concatenate(seed);
  if (info.length > HKDF_MAXIMUM_INFO_LENGTH) {
    const seedKey = hmacOf(prf.hash, key, data);
    const keys = prfPlusOf(prf, seedKey, seed, length);
    wipe(seedKey);
    return keys;
  }
  if (data.length === 1) return new Uint8Array(hkdfSync(prf.hash, data[0], key, info, length));
  const input = concatenate(data);
  const keys = new Uint8Array(hkdfSync(prf.hash, input, key, info, length));
  wipe(input);
  return keys;
}
