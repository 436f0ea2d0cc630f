/**
 * A Child SA as it is handed to the program that runs ESP: this project negotiates it and does not carry its traffic.
 *
 * @module
 */
import type { Protection } from "../../crypto/algorithms.ts";
import type { TrafficSelector } from "../../wire/payload.ts";

/**
 * Keys of one direction (RFC 7296, section 2.17). The encryption key has its salt behind it. The keys in a Child SA show their
 * octets only when read by name: not in print, not in JSON, not to `Object.entries`, a spread, `structuredClone` or a
 * comparison of objects.
 */
export interface ChildSaKeys {
  /** `encryptionKeyLength` of the protection, in octets. Secret. */
  readonly encryptionKey: Uint8Array;
  /** Empty for an AEAD. Secret. */
  readonly integrityKey: Uint8Array;
}

/**
 * A Child SA of ESP, in tunnel mode unless it says otherwise. Its keys are wiped when it is gone: the program that runs ESP copies what it keeps
 * (`slice()`). Their `buffer` holds other clients' keys too: it is not to be posted or transferred to another thread, a copy is.
 * Effects may name one Child SA by several objects; its SPIs tell it from others.
 */
export interface ChildSa {
  /** The SPI that the peer writes into packets to this end: 256 to 2^32 - 1. */
  readonly inboundSpi: number;
  /** The SPI that this end writes into packets to the peer. */
  readonly outboundSpi: number;
  /** The algorithms of both directions. */
  readonly protection: Protection;
  /** Sequence numbers have 64 bits (RFC 4303, section 2.2.1). */
  readonly extendedSequenceNumbers: boolean;
  /** For packets to this end. */
  readonly inbound: ChildSaKeys;
  /** For packets to the peer. */
  readonly outbound: ChildSaKeys;
  /**
   * Traffic on this end's side, as narrowed: at least one. Those of the configuration, which all Child SAs share, where nothing was left out of
   * them: not to be changed.
   */
  readonly localSelectors: readonly TrafficSelector[];
  /** Traffic on the peer's side, as narrowed: at least one. */
  readonly remoteSelectors: readonly TrafficSelector[];
  /** A NAT was found: ESP goes in UDP over port 4500 (RFC 3948). */
  readonly udpEncapsulation: boolean;
  /** Transport mode was agreed on (RFC 7296, section 1.3.1). */
  readonly transportMode?: boolean;
  /** The peer takes no packets with TFC padding by this Child SA: none may be sent (RFC 4718, section 4.5). */
  readonly peerRefusesTfcPadding?: boolean;
  /** Both ends let fragments other than the first pass by selectors that have ports (RFC 4718, section 4.6). */
  readonly nonFirstFragments?: boolean;
}
