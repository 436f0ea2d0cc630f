/**
 * NAT detection that waits until it is asked for (RFC 7296, section 2.23): while a client comes from where it came from, it decides nothing.
 *
 * @module
 */
import type { SpiPair } from "../ike_sa/spi.ts";
import { isEndpointHash, type NatStatus } from "../message/nat_detection.ts";
import type { Path } from "../steps/datagram.ts";
import type { PlainResumeRequest } from "./plain_resume_request.ts";

export class NatWhenAsked implements NatStatus {
  readonly #octets: Uint8Array;
  readonly #request: PlainResumeRequest;
  readonly #initiatorSpi: bigint;
  readonly #path: Path;
  #peerBehindNat: boolean | undefined;
  #selfBehindNat: boolean | undefined;

  constructor(octets: Uint8Array, request: PlainResumeRequest, initiatorSpi: bigint, path: Path) {
    this.#octets = octets;
    this.#request = request;
    this.#initiatorSpi = initiatorSpi;
    this.#path = path;
  }

  get natDetected(): boolean {
    return this.peerBehindNat || this.selfBehindNat;
  }

  get peerBehindNat(): boolean {
    return this.#peerBehindNat ??= this.#looks &&
      !isEndpointHash(this.#octets, this.#request.sourceHash, this.#spis, this.#path.remote);
  }

  get selfBehindNat(): boolean {
    return this.#selfBehindNat ??= this.#looks &&
      !isEndpointHash(this.#octets, this.#request.destinationHash, this.#spis, this.#path.local);
  }

  /** Of the request's own header: SPIr is still zero there. */
  get #spis(): SpiPair {
    return { initiatorSpi: this.#initiatorSpi, responderSpi: 0n };
  }

  /** Without both hashes, the client does not look for NATs, and none is assumed. */
  get #looks(): boolean {
    return this.#request.sourceHash !== 0 && this.#request.destinationHash !== 0;
  }
}
