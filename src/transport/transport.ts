/**
 * What carries a gateway's datagrams to and from one address. UDP is one way; a program may bring another, such as sockets that were handed to
 * it, or memory.
 *
 * @module
 */
import type { Datagram, Endpoint } from "../ike/steps/datagram.ts";

/** What came to the UDP-encapsulation port and is not IKE. */
export type OtherDatagramKind = "esp" | "keepalive" | "malformed";

/** Where to listen, and who is told of what comes. */
export interface TransportOptions {
  /** One address of this machine, never the wildcard. */
  readonly address: string;
  /** IKE port; 0 lets the system choose. */
  readonly port: number;
  /** UDP-encapsulation port; 0 lets the system choose. */
  readonly natPort: number;
  /** An IKE message, without the non-ESP marker. Its octets are the receiver's to keep. */
  readonly onDatagram: (datagram: Datagram) => void;
  /** ESP in UDP, NAT keepalives, and what is neither. The octets are as they came. */
  readonly onOther?: (kind: OtherDatagramKind, octets: Uint8Array, remote: Endpoint) => void;
  /** A datagram could not be sent, or a socket reported an error: UDP loses datagrams anyway, so nothing else happens. */
  readonly onError?: (error: Error) => void;
}

export interface Transport {
  /** Where IKE messages come and go bare. */
  readonly local: Endpoint;
  /** Where they have the non-ESP marker before them (RFC 7296, section 2.23). */
  readonly encapsulatedLocal: Endpoint;
  /**
   * Sends an IKE message from the endpoint that `datagram.encapsulated` names. Does not wait, and never throws: one that cannot be sent must not
   * take those behind it along. After {@link close} nothing is sent.
   */
  send(datagram: Datagram): void;
  /** From now on nothing comes and nothing is sent. */
  close(): Promise<void>;
}

/** Opens a transport. Rejects with a `TransportError` where the address or a port cannot be listened on. */
export type OpenTransport = (options: TransportOptions) => Promise<Transport>;
