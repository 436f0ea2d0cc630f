/**
 * Comparing octets that are no secret.
 *
 * @module
 */

/** Equal in length and in every octet. Stops at the first difference: not for secrets. */
export function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) {
    if (a[index] !== b[index]) return false;
  }
  return true;
}
