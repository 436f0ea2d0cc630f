/**
 * The keys of a ticket key's uses, made by node:crypto: HKDF-Expand (RFC 5869, section 2.3), knowing nothing of this program.
 *
 * @module
 */
import { createHmac } from "node:crypto";

export const BY_VALUE = "ike-resume ticket by value";
export const BY_REFERENCE = "ike-resume ticket by reference";
export const CREDENTIAL = "ike-resume credential of a ticket";

export function expand(key: Uint8Array, label: string, length: number): Uint8Array {
  let previous = new Uint8Array(0);
  const output: number[] = [];
  for (let counter = 1; output.length < length; counter++) {
    previous = new Uint8Array(createHmac("sha256", key).update(previous).update(label).update(Uint8Array.of(counter)).digest());
    output.push(...previous);
  }
  return Uint8Array.from(output.slice(0, length));
}
