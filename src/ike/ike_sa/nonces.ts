/**
 * The nonces of an exchange that makes keys (RFC 7296, section 2.10), as one array.
 *
 * @module
 */
import { fillRandomly, type RandomSource } from "../../crypto/key_exchange.ts";
import { OctetChunks } from "../../wire/octet_chunks.ts";

/** The nonces of the exchange that made the IKE SA. */
export interface NoncePair {
  /** Ni | Nr: in every derivation they stand like this. */
  readonly joined: Uint8Array;
  /** Octets of Ni. */
  readonly initiatorLength: number;
  readonly initiatorNonce: Uint8Array;
  readonly responderNonce: Uint8Array;
}

/** Each view is made when it is asked for: for many half-open IKE SAs nobody ever does. */
class JoinedNonces implements NoncePair {
  readonly joined: Uint8Array;
  readonly initiatorLength: number;

  constructor(joined: Uint8Array, initiatorLength: number) {
    this.joined = joined;
    this.initiatorLength = initiatorLength;
  }

  get initiatorNonce(): Uint8Array {
    return this.joined.subarray(0, this.initiatorLength);
  }

  get responderNonce(): Uint8Array {
    return this.joined.subarray(this.initiatorLength);
  }
}

/** Half-open IKE SAs keep them: what is cut from these chunks should go at one time. */
const nonces = new OctetChunks(4_096);

/** A nonce of the responder's on its way to where it stays: it is no secret, and written over by the next. */
const drawnNonce = new Uint8Array(32);

/** The two nonces as views of one array. */
export function noncePair(initiatorNonce: Uint8Array, responderNonce: Uint8Array): NoncePair {
  const joined = nonces.take(initiatorNonce.length + responderNonce.length);
  joined.set(initiatorNonce);
  joined.set(responderNonce, initiatorNonce.length);
  return new JoinedNonces(joined, initiatorNonce.length);
}

/** The same, of an initiator's nonce that stands in octets, and as many new octets of the responder's as `length` says. */
export function noncePairFrom(octets: Uint8Array, start: number, end: number, length: number, random: RandomSource): NoncePair {
  const initiatorLength = end - start;
  const pair = new JoinedNonces(nonces.take(initiatorLength + length), initiatorLength);
  for (let at = 0; at < initiatorLength; at++) pair.joined[at] = octets[start + at];
  const drawn = length === drawnNonce.length ? drawnNonce : new Uint8Array(length);
  fillRandomly(drawn, random);
  pair.joined.set(drawn, initiatorLength);
  return pair;
}
