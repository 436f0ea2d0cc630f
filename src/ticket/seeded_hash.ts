/**
 * FNV-1a, its bits mixed as MurmurHash3 does at its end: 32 bits, unsigned. It has no secret, so whoever may choose what is
 * hashed finds collisions: see `KeyedHash` for what strangers send.
 *
 * @module
 */

/** Two seeds whose hashes of one thing are as good as independent. */
export const HASH_SEEDS = [0x811c_9dc5, 0x9747_b28c] as const;

/** The hash so far, with one octet or character more; it begins with a seed. */
export function hashMore(value: number, unit: number): number {
  return Math.imul(value ^ unit, 0x0100_0193);
}

/** The hash, when all is in. */
export function hashEnd(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
