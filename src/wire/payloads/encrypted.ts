/**
 * SK (RFC 7296, section 3.14) and SKF (RFC 7383, section 2.5), as they stand on the wire: still protected.
 *
 * @module
 */
import type { EncryptedFragmentPayload, EncryptedPayload } from "../payload.ts";
import type { Reader } from "../reader.ts";
import { outOfRange, type Writer } from "../writer.ts";

/** @param firstPayload the next-payload field of SK's own generic header: it names the first payload inside */
export function readEncrypted(reader: Reader, firstPayload: number): EncryptedPayload {
  return { type: "SK", firstPayload, offset: reader.position, protectedOctets: reader.rest() };
}

export function encryptedLength(payload: EncryptedPayload): number {
  return payload.protectedOctets.length;
}

export function writeEncrypted(writer: Writer, payload: EncryptedPayload): void {
  writer.copy(payload.protectedOctets);
}

/** @param firstPayload as for {@link readEncrypted}; 0 in every fragment but the first */
export function readEncryptedFragment(reader: Reader, firstPayload: number): EncryptedFragmentPayload {
  const fragmentNumber = reader.u16();
  const totalFragments = reader.u16();
  if (fragmentNumber === 0 || fragmentNumber > totalFragments) {
    reader.fail("bad-value", "a fragment number from 1 to the total of fragments", reader.position - 4);
  }
  return {
    type: "SKF",
    firstPayload,
    fragmentNumber,
    totalFragments,
    offset: reader.position,
    protectedOctets: reader.rest(),
  };
}

export function encryptedFragmentLength(payload: EncryptedFragmentPayload): number {
  return 4 + payload.protectedOctets.length;
}

export function writeEncryptedFragment(writer: Writer, payload: EncryptedFragmentPayload): void {
  const { fragmentNumber, totalFragments } = payload;
  if (fragmentNumber < 1 || fragmentNumber > totalFragments) {
    throw outOfRange("SKF: fragment number", "1 to the total of fragments", `${fragmentNumber} of ${totalFragments}`);
  }
  writer.u16(fragmentNumber, "SKF: fragment number");
  writer.u16(totalFragments, "SKF: total fragments");
  writer.copy(payload.protectedOctets);
}
