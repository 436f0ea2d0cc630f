/**
 * SHA-1 for NAT detection alone (RFC 7296, section 2.23), where it hides nothing and proves nothing.
 *
 * @module
 */
import { sha1 as nobleSha1 } from "@noble/hashes/legacy.js";

/** The 20 octets of SHA-1. */
export function sha1(octets: Uint8Array): Uint8Array {
  return nobleSha1(octets);
}
