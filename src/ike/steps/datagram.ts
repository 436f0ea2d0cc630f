/**
 * Datagrams as the state machines see them: an IKE message with where it came from or goes to.
 *
 * @module
 */

/** An IP address in text form without a zone ("192.0.2.1", "2001:db8::1") and a UDP port. */
export interface Endpoint {
  /** In text form. */
  readonly address: string;
  /** 0 to 65535. */
  readonly port: number;
}

/** Which way a message goes, or came. */
export interface Path {
  /** This end: where it came to, or goes from. */
  readonly local: Endpoint;
  /** The peer: where it came from, or goes to. */
  readonly remote: Endpoint;
  /** It came over, or goes over, the UDP-encapsulation port (4500), where the four zero octets stand before it. */
  readonly encapsulated: boolean;
}

/** An IKE message on its way. */
export interface Datagram extends Path {
  /** The IKE message alone: the transport adds and removes the non-ESP marker (RFC 7296, section 2.23). */
  readonly octets: Uint8Array;
}

/** The way a datagram came, which leads back. */
export function pathOf({ local, remote, encapsulated }: Datagram): Path {
  return { local, remote, encapsulated };
}
