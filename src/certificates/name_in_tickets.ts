/**
 * What a ticket remembers of a certificate, by which it is found on lists of revoked ones later: whose it is, and its serial number.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { fromHexadecimal } from "../wire/hexadecimal.ts";
import { concatenate } from "../wire/octets.ts";

/** Octets of the hash of an issuer's name: nobody makes two names of one hash. */
export const ISSUER_HASH_LENGTH = 16;

/** The hash of its issuer's name, then its serial number. */
export function nameInTickets(
  { issuer, serialNumber }: { readonly issuer: Uint8Array; readonly serialNumber: string },
): Uint8Array {
  return concatenate([issuerHash(issuer), fromHexadecimal(serialNumber) ?? new Uint8Array()]);
}

/** @param issuer its name, DER. */
export function issuerHash(issuer: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(issuer).digest()).subarray(0, ISSUER_HASH_LENGTH);
}
