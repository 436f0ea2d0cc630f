/**
 * NAT detection (RFC 7296, section 2.23), the same for IKE_SA_INIT and IKE_SESSION_RESUME (RFC 5723, section 4.3.2).
 *
 * @module
 */
import { SHA1_BLOCK_LENGTH, SHA1_LENGTH, sha1OfBlock } from "../../crypto/sha1.ts";
import { passing } from "../../wire/octet_chunks.ts";
import { NotifyType } from "../../wire/constants.ts";
import { sameOctets } from "../../wire/octets.ts";
import type { NotifyPayload, Payload } from "../../wire/payload.ts";
import type { SpiPair } from "../ike_sa/spi.ts";
import type { Endpoint, Path } from "../steps/datagram.ts";
import { writeAddress } from "./address.ts";
import { notify } from "./notify.ts";

/** Both NAT_DETECTION notifies for a message from `local` to `remote`. */
export function natDetectionPayloads(spis: SpiPair, local: Endpoint, remote: Endpoint): NotifyPayload[] {
  return [
    notify(NotifyType.NAT_DETECTION_SOURCE_IP, copied(endpointHash(spis, local))),
    notify(NotifyType.NAT_DETECTION_DESTINATION_IP, copied(endpointHash(spis, remote))),
  ];
}

function copied(octets: Uint8Array): Uint8Array {
  const copy = passing.take(octets.length);
  copy.set(octets);
  return copy;
}

/** Writes the hash of one end, {@link SHA1_LENGTH} octets: source of what it sends, destination of what it is sent. */
export function putEndpointHash(target: Uint8Array, at: number, spis: SpiPair, endpoint: Endpoint): void {
  target.set(endpointHash(spis, endpoint), at);
}

/** Whether the hash of one end stands there. */
export function isEndpointHash(octets: Uint8Array, at: number, spis: SpiPair, endpoint: Endpoint): boolean {
  const expected = endpointHash(spis, endpoint);
  for (let index = 0; index < SHA1_LENGTH; index++) if (octets[at + index] !== expected[index]) return false;
  return true;
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
export function detectNat(payloads: readonly Payload[], spis: SpiPair, path: Path): NatStatus {
  const sources = notifyData(payloads, NotifyType.NAT_DETECTION_SOURCE_IP);
  const destinations = notifyData(payloads, NotifyType.NAT_DETECTION_DESTINATION_IP);
  if (sources.length === 0 || destinations.length === 0) return NO_NAT;
  return new DetectedNat(!includes(sources, endpointHash(spis, path.remote)), destinations, spis, path.local);
}

/** Also where the peer does not look for NATs. */
export const NO_NAT: NatStatus = { natDetected: false, peerBehindNat: false, selfBehindNat: false };

/** Whether a NAT stands before this end is found out when somebody asks: of most IKE SAs nobody at a gateway does. */
class DetectedNat implements NatStatus {
  readonly peerBehindNat: boolean;
  readonly #destinations: readonly Uint8Array[];
  readonly #spis: SpiPair;
  readonly #local: Endpoint;
  #selfBehindNat: boolean | undefined;

  constructor(peerBehindNat: boolean, destinations: readonly Uint8Array[], spis: SpiPair, local: Endpoint) {
    this.peerBehindNat = peerBehindNat;
    this.#destinations = destinations;
    this.#spis = spis;
    this.#local = local;
  }

  get selfBehindNat(): boolean {
    return this.#selfBehindNat ??= !includes(this.#destinations, endpointHash(this.#spis, this.#local));
  }

  get natDetected(): boolean {
    return this.peerBehindNat || this.selfBehindNat;
  }
}

const block = new Uint8Array(SHA1_BLOCK_LENGTH);
const blockView = new DataView(block.buffer);
const hash = new Uint8Array(SHA1_LENGTH);
const hashView = new DataView(hash.buffer);

/** SHA-1(SPIi | SPIr | IP | port). The SPIs are those of the header in which the notify stands. The next call writes over what this one returned. */
function endpointHash(spis: SpiPair, endpoint: Endpoint): Uint8Array {
  const portOffset = ADDRESS_OFFSET + writeAddress(endpoint.address, block, ADDRESS_OFFSET);
  blockView.setBigUint64(0, spis.initiatorSpi);
  blockView.setBigUint64(8, spis.responderSpi);
  blockView.setUint16(portOffset, endpoint.port);
  sha1OfBlock(blockView, portOffset + 2, hashView);
  return hash;
}

const ADDRESS_OFFSET = 16;

function notifyData(payloads: readonly Payload[], notifyType: number): Uint8Array[] {
  const data: Uint8Array[] = [];
  for (const payload of payloads) {
    if (payload.type === "N" && payload.notifyType === notifyType) data.push(payload.data);
  }
  return data;
}

function includes(hashes: readonly Uint8Array[], expected: Uint8Array): boolean {
  for (const one of hashes) {
    if (sameOctets(one, expected)) return true;
  }
  return false;
}
