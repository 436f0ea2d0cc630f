/**
 * NAT detection (RFC 7296, section 2.23), the same for IKE_SA_INIT and IKE_SESSION_RESUME (RFC 5723, section 4.3.2).
 *
 * @module
 */
import { sha1 } from "../../crypto/sha1.ts";
import { NotifyType } from "../../wire/constants.ts";
import { sameOctets } from "../../wire/octets.ts";
import type { NotifyPayload, Payload } from "../../wire/payload.ts";
import type { SpiPair } from "../ike_sa/spi.ts";
import type { Datagram, Endpoint } from "../steps/datagram.ts";
import { addressOctets } from "./address.ts";
import { notify } from "./notify.ts";

/** Both NAT_DETECTION notifies for a message from `local` to `remote`. */
export function natDetectionPayloads(spis: SpiPair, local: Endpoint, remote: Endpoint): NotifyPayload[] {
  return [
    notify(NotifyType.NAT_DETECTION_SOURCE_IP, endpointHash(spis, local)),
    notify(NotifyType.NAT_DETECTION_DESTINATION_IP, endpointHash(spis, remote)),
  ];
}

/** What NAT detection found for one IKE SA. It is judged anew by each first exchange, and never comes from a ticket. */
export interface NatStatus {
  /** A NAT stands between the ends, before either of them. */
  readonly natDetected: boolean;
  /** A NAT stands before the peer: the address and the port that the peer is seen under may change at any time. */
  readonly peerBehindNat: boolean;
  /** A NAT stands before this end: it forgets where to deliver packets unless this end keeps sending some. */
  readonly selfBehindNat: boolean;
}

/**
 * Where NATs stand, judged by the notifies in a received message. Without them the peer does not support NAT traversal, and none is
 * assumed. A sender with many addresses may send many source hashes: one that matches suffices.
 */
export function detectNat(payloads: readonly Payload[], spis: SpiPair, datagram: Datagram): NatStatus {
  const sources = notifyData(payloads, NotifyType.NAT_DETECTION_SOURCE_IP);
  const destinations = notifyData(payloads, NotifyType.NAT_DETECTION_DESTINATION_IP);
  if (sources.length === 0 || destinations.length === 0) {
    return { natDetected: false, peerBehindNat: false, selfBehindNat: false };
  }
  const peerBehindNat = !includes(sources, endpointHash(spis, datagram.remote));
  const selfBehindNat = !includes(destinations, endpointHash(spis, datagram.local));
  return { natDetected: peerBehindNat || selfBehindNat, peerBehindNat, selfBehindNat };
}

/** SHA-1(SPIi | SPIr | IP | port). The SPIs are those of the header in which the notify stands. */
function endpointHash(spis: SpiPair, endpoint: Endpoint): Uint8Array {
  const address = addressOctets(endpoint.address);
  const octets = new Uint8Array(16 + address.length + 2);
  const view = new DataView(octets.buffer);
  view.setBigUint64(0, spis.initiatorSpi);
  view.setBigUint64(8, spis.responderSpi);
  octets.set(address, 16);
  view.setUint16(16 + address.length, endpoint.port);
  return sha1(octets);
}

function notifyData(payloads: readonly Payload[], notifyType: number): Uint8Array[] {
  const data: Uint8Array[] = [];
  for (const payload of payloads) {
    if (payload.type === "N" && payload.notifyType === notifyType) data.push(payload.data);
  }
  return data;
}

function includes(hashes: readonly Uint8Array[], expected: Uint8Array): boolean {
  return hashes.some((hash) => sameOctets(hash, expected));
}
