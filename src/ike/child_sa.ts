/**
 * A Child SA as it is handed to whoever runs ESP: this project negotiates it and does not carry its traffic.
 *
 * @module
 */
import type { Protection } from "../crypto/algorithms.ts";
import type { TrafficSelector } from "../wire/payload.ts";

/** Keys of one direction (RFC 7296, section 2.17). The encryption key has its salt behind it. */
export interface ChildSaKeys {
  readonly encryptionKey: Uint8Array;
  /** Empty for an AEAD. */
  readonly integrityKey: Uint8Array;
}

export interface ChildSa {
  /** The SPI that the peer writes into packets to this end. */
  readonly inboundSpi: number;
  /** The SPI that this end writes into packets to the peer. */
  readonly outboundSpi: number;
  readonly protection: Protection;
  readonly extendedSequenceNumbers: boolean;
  readonly inbound: ChildSaKeys;
  readonly outbound: ChildSaKeys;
  readonly localSelectors: readonly TrafficSelector[];
  readonly remoteSelectors: readonly TrafficSelector[];
  /** A NAT was found: ESP goes in UDP over port 4500 (RFC 3948). */
  readonly udpEncapsulation: boolean;
}
