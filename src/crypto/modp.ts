/** The MODP groups (RFC 7296, appendix B.2; RFC 3526), as far as both implementations need them. @module */
import type { KeyExchangeGroup } from "./algorithms.ts";
import type { RandomSource } from "./key_exchange.ts";
import { PRIME_1024_HEX, PRIME_2048_HEX, PRIME_3072_HEX, PRIME_4096_HEX } from "./modp_primes.ts";
import { MODP_1024, MODP_2048, MODP_3072, MODP_4096 } from "./registry.ts";

/** A group of integers modulo a prime. */
export interface Modp {
  readonly group: KeyExchangeGroup;
  readonly primeHex: string;
  readonly prime: bigint;
  /** Octets of a private exponent: twice the strength that RFC 3526, section 8, gives the group at most. */
  readonly privateValueLength: number;
}

export const MODP_GENERATOR = 2;

const MODPS: ReadonlyMap<number, Modp> = new Map([
  modp(MODP_1024, PRIME_1024_HEX, 32),
  modp(MODP_2048, PRIME_2048_HEX, 40),
  modp(MODP_3072, PRIME_3072_HEX, 53),
  modp(MODP_4096, PRIME_4096_HEX, 60),
]);

/** The MODP group of this number; `undefined`: it is another kind of group. */
export function modpById(id: number): Modp | undefined {
  return MODPS.get(id);
}

/** A private exponent of exactly the group's length, most significant octet first. */
export function modpPrivateValue({ privateValueLength }: Modp, random: RandomSource): Uint8Array {
  const exponent = random(privateValueLength);
  exponent[0] |= 0x80;
  return exponent;
}

/** Is the peer's value from 2 to p - 2 (RFC 6989, section 2.1)? The others would make the secret known. */
export function isModpPublicValue({ prime }: Modp, value: Uint8Array): boolean {
  const y = bigIntOf(value);
  return y > 1n && y < prime - 1n;
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

function modp(group: KeyExchangeGroup, primeHex: string, privateValueLength: number): [number, Modp] {
  return [group.id, { group, primeHex, prime: BigInt(`0x${primeHex}`), privateValueLength }];
}
