/** Group 14 (RFC 3526, section 3), as far as both implementations need it. @module */
import type { RandomSource } from "./key_exchange.ts";

/** 2^2048 - 2^1984 - 1 + 2^64 * ([2^1918 pi] + 124476). */
export const MODP_2048_PRIME_HEX: string = [
  "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74",
  "020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437",
  "4fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed",
  "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf05",
  "98da48361c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb",
  "9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b",
  "e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf695581718",
  "3995497cea956ae515d2261898fa051015728e5a8aacaa68ffffffffffffffff",
].join("");
export const MODP_2048_PRIME: bigint = BigInt(`0x${MODP_2048_PRIME_HEX}`);
export const MODP_2048_GENERATOR = 2;

/** 320 bits: twice the strength that RFC 3526, section 8, gives this group at most. */
const PRIVATE_VALUE_LENGTH = 40;

/** A private exponent of exactly 320 bits, most significant octet first. */
export function modpPrivateValue(random: RandomSource): Uint8Array {
  const exponent = random(PRIVATE_VALUE_LENGTH);
  exponent[0] |= 0x80;
  return exponent;
}

/** Is the peer's value from 2 to p - 2 (RFC 6989, section 2.1)? The others would make the secret known. */
export function isModpPublicValue(value: Uint8Array): boolean {
  const y = bigIntOf(value);
  return y > 1n && y < MODP_2048_PRIME - 1n;
}

/** Most significant octet first. */
export function bigIntOf(octets: Uint8Array): bigint {
  let hex = "0x0";
  for (const octet of octets) hex += octet.toString(16).padStart(2, "0");
  return BigInt(hex);
}

/** Most significant octet first, filled on the left to `length` octets (RFC 7296, section 2.14). */
export function octetsOf(value: bigint, length: number): Uint8Array {
  const hex = value.toString(16).padStart(2 * length, "0");
  const octets = new Uint8Array(length);
  for (let i = 0; i < length; i++) octets[i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return octets;
}
