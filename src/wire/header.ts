/**
 * The IKE header (RFC 7296, section 3.1) as a typed value.
 *
 * @module
 */

/** Length of the IKE header, in octets (RFC 7296, section 3.1). */
export const HEADER_LENGTH = 28;

/** The IKE header. SPIs are unsigned 64-bit numbers in network order; 0n means "not yet chosen". */
export interface Header {
  readonly initiatorSpi: bigint;
  readonly responderSpi: bigint;
  readonly exchangeType: number;
  /** Flag I: the sender is the original initiator of the IKE SA. */
  readonly fromInitiator: boolean;
  /** Flag R: this message is a response. */
  readonly isResponse: boolean;
  /** Flag V: the sender speaks a higher major version too. Ignored on receipt. */
  readonly higherVersion?: boolean;
  /** 0 to 2^32 - 1. */
  readonly messageId: number;
  /** 0 to 15; sent as 0, ignored on receipt. */
  readonly minorVersion?: number;
}
