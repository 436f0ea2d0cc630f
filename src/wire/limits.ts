/**
 * How much of anything one message may hold: decoding does bounded work whatever the octets say. Far above what peers send.
 *
 * @module
 */

/** Payloads in one message, or inside one SK. */
export const MAXIMUM_PAYLOADS = 100;
/** Proposals in one SA payload. */
export const MAXIMUM_PROPOSALS = 64;
/** Transforms in one proposal: all that its octet of a count can say. */
export const MAXIMUM_TRANSFORMS = 255;
/** Transforms in all proposals of one SA payload. */
export const MAXIMUM_TRANSFORMS_IN_ALL = 1024;
/** Attributes of one transform; one (Key Length) is defined. */
export const MAXIMUM_TRANSFORM_ATTRIBUTES = 8;
/** Selectors in one TSi or TSr: all that its octet of a count can say. */
export const MAXIMUM_SELECTORS = 255;
/** SPIs in one Delete. */
export const MAXIMUM_DELETED_SPIS = 1024;
/** Attributes in one CP. */
export const MAXIMUM_CONFIGURATION_ATTRIBUTES = 256;
/** Octets of Ni or Nr (RFC 7296, section 2.10). */
export const MINIMUM_NONCE_LENGTH = 16;
/** Octets of Ni or Nr (RFC 7296, section 2.10). */
export const MAXIMUM_NONCE_LENGTH = 256;
/** Octets of one payload with its generic header: what its length field can say. */
export const MAXIMUM_PAYLOAD_LENGTH = 0xffff;
