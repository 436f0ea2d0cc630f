import type { RandomSource } from "./key_exchange.ts";

/** Octets drawn from the system at a time: a call for 32 octets costs 1.7 µs in Node, a share of a pool 0.1 µs. */
const POOL_LENGTH = 4096;

/** Longer requests are drawn for themselves. */
const POOLED_LENGTH = 256;

/** `getRandomValues` gives no more in one call. */
const MAXIMUM_DRAW_LENGTH = 65536;

const pool = new Uint8Array(POOL_LENGTH);
let handedOut = POOL_LENGTH;

/** The system's cryptographic random source, by way of a pool of which every octet is handed out once and then zeroed. */
export const systemRandom: RandomSource = Object.assign(drawn, { fill });

function drawn(length: number): Uint8Array {
  const octets = new Uint8Array(length);
  fill(octets);
  return octets;
}

function fill(octets: Uint8Array): void {
  const { length } = octets;
  if (length > POOLED_LENGTH) return fillUnpooled(octets);
  if (handedOut + length > POOL_LENGTH) {
    globalThis.crypto.getRandomValues(pool);
    handedOut = 0;
  }
  for (let index = 0; index < length; index++) {
    octets[index] = pool[handedOut + index];
    pool[handedOut + index] = 0;
  }
  handedOut += length;
}

function fillUnpooled(octets: Uint8Array): void {
  for (let offset = 0; offset < octets.length; offset += MAXIMUM_DRAW_LENGTH) {
    globalThis.crypto.getRandomValues(octets.subarray(offset, offset + MAXIMUM_DRAW_LENGTH));
  }
}
