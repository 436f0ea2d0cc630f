/**
 * The answer to a plain IKE_SESSION_RESUME request: HDR, Nr [, N(IKEV2_FRAGMENTATION_SUPPORTED)], N(NAT_DETECTION_SOURCE_IP),
 * N(NAT_DETECTION_DESTINATION_IP) (RFC 5723, section 4.3.2; RFC 7296, section 2.23), written where it stands.
 *
 * @module
 */
import { ExchangeType, MAJOR_VERSION, NotifyType, PayloadNumber } from "../../wire/constants.ts";
import { HEADER_LENGTH, RESPONSE } from "../../wire/header.ts";
import type { OctetChunks } from "../../wire/octet_chunks.ts";
import type { SpiPair } from "../ike_sa/spi.ts";
import { putEndpointHash } from "../message/nat_detection.ts";
import type { Datagram } from "../steps/datagram.ts";
import { putU16, putU32, putU64 } from "../../wire/numbers_in_place.ts";
import { GENERIC_HEADER_LENGTH, NOTIFY_HEADER_LENGTH } from "../../wire/payload_header.ts";

const HASH_LENGTH = 20;

/**
 * @param request whose SPI and message ID the answer repeats.
 * @param nonces Ni | Nr.
 * @param nonceStart where Nr begins in them.
 */
export function resumeResponse(
  { octets: request, local, remote }: Datagram,
  spis: SpiPair,
  nonces: Uint8Array,
  nonceStart: number,
  knowsFragments: boolean,
  chunks: OctetChunks,
): Uint8Array {
  const nonceLength = GENERIC_HEADER_LENGTH + nonces.length - nonceStart;
  const fragmentsLength = knowsFragments ? NOTIFY_HEADER_LENGTH : 0;
  const octets = chunks.take(HEADER_LENGTH + nonceLength + fragmentsLength + 2 * (NOTIFY_HEADER_LENGTH + HASH_LENGTH));
  for (let at = 0; at < 8; at++) octets[at] = request[at];
  putU64(octets, 8, spis.responderSpi);
  octets[16] = PayloadNumber.Nonce;
  octets[17] = MAJOR_VERSION << 4;
  octets[18] = ExchangeType.IKE_SESSION_RESUME;
  octets[19] = RESPONSE;
  putU32(octets, 24, octets.length);
  octets[HEADER_LENGTH] = PayloadNumber.N;
  putU16(octets, HEADER_LENGTH + 2, nonceLength);
  const nonceOffset = HEADER_LENGTH + GENERIC_HEADER_LENGTH - nonceStart;
  for (let from = nonceStart; from < nonces.length; from++) octets[nonceOffset + from] = nonces[from];
  let at = HEADER_LENGTH + nonceLength;
  if (knowsFragments) {
    at = putNotify(octets, at, PayloadNumber.N, NotifyType.IKEV2_FRAGMENTATION_SUPPORTED, 0);
  }
  at = putNotify(octets, at, PayloadNumber.N, NotifyType.NAT_DETECTION_SOURCE_IP, HASH_LENGTH);
  putEndpointHash(octets, at - HASH_LENGTH, spis, local);
  at = putNotify(octets, at, 0, NotifyType.NAT_DETECTION_DESTINATION_IP, HASH_LENGTH);
  putEndpointHash(octets, at - HASH_LENGTH, spis, remote);
  return octets;
}

/** A notify of so many octets, which are yet to be written. */
function putNotify(octets: Uint8Array, start: number, nextPayload: number, notifyType: number, dataLength: number): number {
  const length = NOTIFY_HEADER_LENGTH + dataLength;
  octets[start] = nextPayload;
  putU16(octets, start + 2, length);
  putU16(octets, start + 6, notifyType);
  return start + length;
}
