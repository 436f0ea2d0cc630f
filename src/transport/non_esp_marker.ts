/**
 * The datagrams of the UDP-encapsulation port (RFC 3948, section 2; RFC 7296, section 2.23): IKE messages behind four zero
 * octets, ESP packets, whose SPI is never zero, and NAT keepalives of one octet.
 *
 * @module
 */

/** Four zero octets where an ESP packet has its SPI (RFC 3948, section 2.2). */
export const NON_ESP_MARKER_LENGTH = 4;

const NAT_KEEPALIVE = 0xff;

export type EncapsulatedKind = "ike" | "esp" | "keepalive" | "malformed";

/** Tells what a datagram of the UDP-encapsulation port carries. */
export function classifyEncapsulated(octets: Uint8Array): EncapsulatedKind {
  if (octets.length === 1 && octets[0] === NAT_KEEPALIVE) return "keepalive";
  if (octets.length <= NON_ESP_MARKER_LENGTH) return "malformed";
  return (octets[0] | octets[1] | octets[2] | octets[3]) === 0 ? "ike" : "esp";
}

/** The IKE message with the marker before it, in a buffer of its own. */
export function withNonEspMarker(message: Uint8Array): Uint8Array {
  const marked = new Uint8Array(NON_ESP_MARKER_LENGTH + message.length);
  marked.set(message, NON_ESP_MARKER_LENGTH);
  return marked;
}

/** The IKE message behind the marker: a view. */
export function withoutNonEspMarker(octets: Uint8Array): Uint8Array {
  return octets.subarray(NON_ESP_MARKER_LENGTH);
}
