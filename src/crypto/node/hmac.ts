/**
 * HMAC (RFC 2104) and prf+ with node:crypto.
 *
 * An HMAC is two hashes, each in one call: createHmac makes an object, a handle and several crossings into native code for each, and takes up to
 * twice as long on Node and on Deno.
 *
 * @module
 */
import { hash as digestOf, hkdfSync } from "node:crypto";
import type { Hash, PrfAlgorithm } from "../algorithms.ts";
import type { DeriveKeysRequest, SignedOctets } from "../provider.ts";
import { wipe } from "../wipe.ts";
import { concatenate, plainView, totalLength } from "./octets.ts";
import { secretKeyOf } from "./secret_key.ts";

/** node:crypto refuses a longer `info` to hkdfSync. */
const HKDF_MAXIMUM_INFO_LENGTH = 1024;

/** Octets that the hash takes in at a time, which is how long the padded key is. */
const BLOCK_LENGTHS: { readonly [Name in Hash]: number } = { sha1: 64, sha256: 64, sha384: 128, sha512: 128 };
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
const LONGEST_BLOCK = 128;
const LONGEST_DIGEST = 64;

/** The input of the inner hash, padded key before data, and that of the outer. Between two calls both hold zeros. */
const commonInner = new Uint8Array(16 * 1024);
const outer = new Uint8Array(LONGEST_BLOCK + LONGEST_DIGEST);

/** HMAC(key, parts[0] | parts[1] | …). */
export function hmacOf(hash: Hash, key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  const blockLength = BLOCK_LENGTHS[hash];
  const inner = innerOf(blockLength + totalLength(parts));
  try {
    padKey(hash, key, inner);
    putParts(parts, inner, blockLength);
    return finish(hash, inner);
  } finally {
    wipe(inner, outer);
  }
}

/** prf+(key, seed): T1 | T2 | …, where Tn = prf(key, Tn-1 | seed | n) (RFC 7296, section 2.13). The key is padded once. */
export function prfPlusOf(prf: PrfAlgorithm, key: Uint8Array, seed: readonly Uint8Array[], length: number): Uint8Array {
  const { hash, outputLength } = prf;
  const blockLength = BLOCK_LENGTHS[hash];
  const seedLength = totalLength(seed);
  const inner = innerOf(blockLength + outputLength + seedLength + 1);
  padKey(hash, key, inner);
  putParts(seed, inner, blockLength);
  const output = new Uint8Array(length);
  // No output stands before the first one.
  let whole = inner.subarray(0, blockLength + seedLength + 1);
  for (let offset = 0, count = 1; offset < length; offset += outputLength, count++) {
    whole[whole.length - 1] = count;
    const block = finish(hash, whole);
    output.set(length - offset < outputLength ? block.subarray(0, length - offset) : block, offset);
    if (count === 1) {
      inner.copyWithin(blockLength + outputLength, blockLength, blockLength + seedLength);
      whole = inner;
    }
    inner.set(block, blockLength);
    wipe(block);
  }
  wipe(inner, outer);
  return output;
}

/**
 * prf+(prf(key, data), seed), in one call where possible: with an HMAC this is exactly HKDF (RFC 5869), whose extract step is
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
  if (data.length === 1) return new Uint8Array(hkdfSync(prf.hash, secretKeyOf(data[0]), key, info, length));
  const input = concatenate(data);
  const keys = new Uint8Array(hkdfSync(prf.hash, secretKeyOf(input), key, info, length));
  wipe(input);
  return keys;
}

/** The AUTH that {@link SignedOctets} describes. */
export function authOf({ hash }: PrfAlgorithm, { key, realMessage, peerNonce, restOfIdPayload }: SignedOctets): Uint8Array {
  const macedId = hmacOf(hash, key, [restOfIdPayload]);
  const auth = hmacOf(hash, key, [realMessage, peerNonce, macedId]);
  wipe(macedId);
  return auth;
}

function innerOf(length: number): Uint8Array {
  return length <= commonInner.length ? commonInner.subarray(0, length) : new Uint8Array(length);
}

/** The key, or its digest where it is longer than a block, under both pads. */
function padKey(hash: Hash, key: Uint8Array, inner: Uint8Array): void {
  const blockLength = BLOCK_LENGTHS[hash];
  if (key.length > blockLength) {
    const digest = digestOf(hash, key, "buffer");
    padKey(hash, digest, inner);
    wipe(digest);
    return;
  }
  for (let index = 0; index < key.length; index++) {
    inner[index] = key[index] ^ INNER_PAD;
    outer[index] = key[index] ^ OUTER_PAD;
  }
  inner.fill(INNER_PAD, key.length, blockLength);
  outer.fill(OUTER_PAD, key.length, blockLength);
}

function putParts(parts: readonly Uint8Array[], octets: Uint8Array, start: number): void {
  let offset = start;
  for (const part of parts) {
    octets.set(part, offset);
    offset += part.length;
  }
}

/** The HMAC of the data in `inner` behind the padded key. */
function finish(hash: Hash, inner: Uint8Array): Uint8Array {
  const blockLength = BLOCK_LENGTHS[hash];
  const digest = digestOf(hash, inner, "buffer");
  outer.set(digest, blockLength);
  const mac = digestOf(hash, outer.subarray(0, blockLength + digest.length), "buffer");
  wipe(digest);
  return plainView(mac);
}
