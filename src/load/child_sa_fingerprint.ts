/**
 * Whether both ends hold the same Child SA, without either showing its keys: a hash that both compute alike.
 *
 * @module
 */
import { sha256 } from "@noble/hashes/sha2.js";
import type { ChildSa, ChildSaKeys } from "../ike/child_sa/child_sa.ts";
import type { SpiPair } from "../ike/ike_sa/spi.ts";
import { ikeSpiDigits, toHexadecimal } from "../wire/hexadecimal.ts";

/** Name of an IKE SA to fingerprint of its Child SA, both in hexadecimal. */
export type Fingerprints = { readonly [ikeSa: string]: string };

/** The name of an IKE SA: its two SPIs. */
export function ikeSaName({ initiatorSpi, responderSpi }: SpiPair): string {
  return `${ikeSpiDigits(initiatorSpi)}-${ikeSpiDigits(responderSpi)}`;
}

/**
 * SHA-256 over what both ends must agree on: ESP SPIs, algorithms and keys, first those from initiator to responder.
 *
 * @param end whose view of the Child SA this is.
 */
export function childSaFingerprint(childSa: ChildSa, end: "initiator" | "responder"): string {
  const outbound = { spi: childSa.outboundSpi, keys: childSa.outbound };
  const inbound = { spi: childSa.inboundSpi, keys: childSa.inbound };
  const [forth, back] = end === "initiator" ? [outbound, inbound] : [inbound, outbound];
  const hash = sha256.create();
  const { encryption, keyLength, integrity } = childSa.protection;
  hash.update(numbers(encryption.id, keyLength, integrity?.id ?? 0, childSa.extendedSequenceNumbers ? 1 : 0));
  for (const { spi, keys } of [forth, back]) {
    hash.update(numbers(spi, ...lengths(keys))).update(keys.encryptionKey).update(keys.integrityKey);
  }
  return toHexadecimal(hash.digest());
}

function lengths({ encryptionKey, integrityKey }: ChildSaKeys): [number, number] {
  return [encryptionKey.length, integrityKey.length];
}

function numbers(...values: number[]): Uint8Array {
  const octets = new Uint8Array(4 * values.length);
  const view = new DataView(octets.buffer);
  values.forEach((value, index) => view.setUint32(4 * index, value));
  return octets;
}
