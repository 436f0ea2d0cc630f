/**
 * Lengths of the headers of payloads (RFC 7296, sections 3.2 and 3.10), for what is read and written in place.
 *
 * @module
 */

/** Next Payload, Critical and reserved bits, Payload Length. */
export const GENERIC_HEADER_LENGTH = 4;
/** Generic header, Protocol ID, SPI Size and Notify Message Type; of a notify without SPI its data follow. */
export const NOTIFY_HEADER_LENGTH = 8;
