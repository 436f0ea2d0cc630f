/**
 * NAT detection that waits until it is asked for (RFC 7296, section 2.23): while a client comes from where it came from, it decides nothing.
 *
 * @module
 */
import { decodeMessage } from "../../wire/message.ts";
import type { SpiPair } from "../ike_sa/spi.ts";
import { detectNat, type NatStatus } from "../message/nat_detection.ts";
import type { Datagram } from "../steps/datagram.ts";

/** By the notifies in a request, which is kept in any case, for AUTH. */
export class NatWhenAsked implements NatStatus {
  readonly #request: Datagram;
  readonly #spis: SpiPair;
  #found: NatStatus | undefined;

  constructor(request: Datagram, spis: SpiPair) {
    this.#request = request;
    this.#spis = spis;
  }

  get natDetected(): boolean {
    return this.#nat.natDetected;
  }

  get peerBehindNat(): boolean {
    return this.#nat.peerBehindNat;
  }

  get selfBehindNat(): boolean {
    return this.#nat.selfBehindNat;
  }

  get #nat(): NatStatus {
    return this.#found ??= this.#detect();
  }

  /** The hashes in the request cover its own header: SPIr is still zero there. */
  #detect(): NatStatus {
    const decoded = decodeMessage(this.#request.octets);
    return detectNat(decoded.ok ? decoded.value.payloads : [], { ...this.#spis, responderSpi: 0n }, this.#request);
  }
}
