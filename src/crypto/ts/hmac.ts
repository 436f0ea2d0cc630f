/** HMAC over the registry's hashes, and prf+ on top of it, with noble. @module */
import { hmac } from "@noble/hashes/hmac.js";
import { sha1 } from "@noble/hashes/legacy.js";
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import type { Hash, PrfAlgorithm } from "../algorithms.ts";
import type { SignedOctets } from "../provider.ts";
import { wipe } from "../wipe.ts";

const HASHES = { sha1, sha256, sha384, sha512 } as const;

/** HMAC(key, parts[0] | parts[1] | …). */
export function hmacOf(hash: Hash, key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  const state = hmac.create(HASHES[hash], key);
  for (const part of parts) state.update(part);
  return state.digest();
}

/**
 * prf+(key, seed): T1 | T2 | …, where Tn = prf(key, Tn-1 | seed | n) (RFC 7296, section 2.13).
 *
 * The key is hashed into the HMAC state once and each Tn starts from a copy of that state: two compressions
 * saved for each output.
 */
export function prfPlusOf(hash: Hash, key: Uint8Array, seed: readonly Uint8Array[], length: number): Uint8Array {
  const keyed = hmac.create(HASHES[hash], key);
  const outputLength = keyed.outputLen;
  const output = new Uint8Array(length);
  const block = new Uint8Array(outputLength);
  const counter = new Uint8Array(1);
  const state = keyed.clone();
  for (let offset = 0; offset < length; offset += outputLength) {
    if (offset > 0) keyed._cloneInto(state).update(block);
    for (const part of seed) state.update(part);
    counter[0]++;
    state.update(counter).digestInto(block);
    output.set(length - offset < outputLength ? block.subarray(0, length - offset) : block, offset);
  }
  keyed.destroy();
  wipe(block);
  return output;
}

/** The AUTH that {@link SignedOctets} describes. Both its HMACs start from copies of one keyed state. */
export function authOf({ hash }: PrfAlgorithm, { key, realMessage, peerNonce, restOfIdPayload }: SignedOctets): Uint8Array {
  const keyed = hmac.create(HASHES[hash], key);
  const macedId = keyed.clone().update(restOfIdPayload).digest();
  const auth = keyed.update(realMessage).update(peerNonce).update(macedId).digest();
  wipe(macedId);
  return auth;
}
