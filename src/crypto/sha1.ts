/**
 * SHA-1 for NAT detection alone (RFC 7296, section 2.23), where it hides nothing and proves nothing. A message there has one
 * block, and every resumption hashes four: a library that serves messages of any length takes ten times as long.
 *
 * @module
 */

/** The longest message that fits into one block with its padding, in octets. */
export const LONGEST_SHA1_MESSAGE = 55;
export const SHA1_BLOCK_LENGTH = 64;
/** Octets of the hash. */
export const SHA1_LENGTH = 20;

/** FIPS 180-4, section 5.3.1. */
const [H0, H1, H2, H3, H4] = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476, 0xc3d2e1f0 | 0];

/** Words of the message schedule. Nothing in them is secret: they are written over by the next message. */
const schedule = new Int32Array(80);

/**
 * Hashes one message in place: its padding is written behind it.
 *
 * @param block {@link SHA1_BLOCK_LENGTH} octets, of which the first `length` are the message.
 * @param length 0 to {@link LONGEST_SHA1_MESSAGE}.
 * @param hash where the {@link SHA1_LENGTH} octets go.
 */
export function sha1OfBlock(block: DataView, length: number, hash: DataView): void {
  pad(block, length);
  for (let t = 0; t < 16; t++) schedule[t] = block.getInt32(4 * t);
  for (let t = 16; t < 80; t++) {
    schedule[t] = rotate(schedule[t - 3] ^ schedule[t - 8] ^ schedule[t - 14] ^ schedule[t - 16], 1);
  }
  let [a, b, c, d, e] = [H0, H1, H2, H3, H4];
  // FIPS 180-4, section 6.1.2: four loops, each with its own function and constant (sections 4.1.1 and 4.2.1), are faster than one that chooses.
  for (let t = 0; t < 20; t++) {
    const sum = rotate(a, 5) + (d ^ b & (c ^ d)) + e + 0x5a827999 + schedule[t] | 0;
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = sum;
  }
  for (let t = 20; t < 40; t++) {
    const sum = rotate(a, 5) + (b ^ c ^ d) + e + 0x6ed9eba1 + schedule[t] | 0;
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = sum;
  }
  for (let t = 40; t < 60; t++) {
    const sum = rotate(a, 5) + (b & c | d & (b | c)) + e + (0x8f1bbcdc | 0) + schedule[t] | 0;
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = sum;
  }
  for (let t = 60; t < 80; t++) {
    const sum = rotate(a, 5) + (b ^ c ^ d) + e + (0xca62c1d6 | 0) + schedule[t] | 0;
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = sum;
  }
  hash.setInt32(0, H0 + a);
  hash.setInt32(4, H1 + b);
  hash.setInt32(8, H2 + c);
  hash.setInt32(12, H3 + d);
  hash.setInt32(16, H4 + e);
}

/** One bit, zeros, and the length in bits (FIPS 180-4, section 5.1.1). */
function pad(block: DataView, length: number): void {
  block.setUint8(length, 0x80);
  for (let at = length + 1; at < SHA1_BLOCK_LENGTH - 2; at++) block.setUint8(at, 0);
  block.setUint16(SHA1_BLOCK_LENGTH - 2, 8 * length);
}

function rotate(word: number, by: number): number {
  return word << by | word >>> 32 - by;
}
