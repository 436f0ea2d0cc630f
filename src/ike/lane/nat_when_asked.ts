/**
 * NAT detection that waits until it is asked for (RFC 7296, section 2.23): while a client comes from where it came from, it decides nothing.
 *
 * @module
 */
import { NotifyType } from "../../wire/constants.ts";
import type { SpiPair } from "../ike_sa/spi.ts";
import { detectNat, type NatStatus } from "../message/nat_detection.ts";
import { notify } from "../message/notify.ts";
import type { Path } from "../steps/datagram.ts";

/** What a request says for NAT detection; without hashes, its client does not look for NATs. */
export interface NatHashes {
  readonly source: Uint8Array | undefined;
  readonly destination: Uint8Array | undefined;
}

export class NatWhenAsked implements NatStatus {
  readonly #hashes: NatHashes;
  readonly #spis: SpiPair;
  readonly #path: Path;
  #found: NatStatus | undefined;

  constructor(hashes: NatHashes, spis: SpiPair, path: Path) {
    this.#hashes = hashes;
    this.#spis = spis;
    this.#path = path;
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
    const { source, destination } = this.#hashes;
    const payloads = [
      ...(source ? [notify(NotifyType.NAT_DETECTION_SOURCE_IP, source)] : []),
      ...(destination ? [notify(NotifyType.NAT_DETECTION_DESTINATION_IP, destination)] : []),
    ];
    return detectNat(payloads, { ...this.#spis, responderSpi: 0n }, this.#path);
  }
}
