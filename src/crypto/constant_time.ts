/**
 * Are `a` and `b` equal? The time depends on their lengths alone, which are public (a MAC's length is fixed by its
 * algorithm), never on where they differ.
 */
export function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i] ^ b[i];
  return difference === 0;
}
