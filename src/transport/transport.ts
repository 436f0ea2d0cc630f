/**
 * The transport of IKE messages: one interface over UDP sockets of several kinds, or a network in memory.
 *
 * A transport has the two endpoints of one local address: the IKE port, where messages stand bare, and the UDP-encapsulation port, where
 * the non-ESP marker stands before them (RFC 7296, section 2.23). Users of it see IKE messages only.
 *
 * @module
 */
import type { Datagram, Endpoint } from "../ike/steps/datagram.ts";

/** Kinds of datagrams on the UDP-encapsulation port that are not IKE. */
export type OtherDatagramKind = "esp" | "keepalive" | "malformed";

/** Functions that a transport calls. None of them may throw. */
export interface TransportListeners {
  /** An IKE message came. Its octets are the listener's to keep, and hold no large buffer back. */
  readonly onDatagram: (datagram: Datagram) => void;
  /** ESP in UDP, NAT keepalives, and what is neither. The octets are as they came. */
  readonly onOther?: (kind: OtherDatagramKind, octets: Uint8Array, remote: Endpoint) => void;
  /**
   * All that waited in the kernel was handed over, and nothing is gained by waiting for the end of the turn before it is served. A transport
   * that cannot tell never calls it.
   */
  readonly onDrained?: () => void;
  /** A datagram could not be sent, or a socket reported an error: UDP loses datagrams anyway, so nothing else happens. */
  readonly onError?: (error: Error) => void;
}

/** What a gateway asks of a transport that it opens. */
export interface TransportOptions extends TransportListeners {
  /** One address of this machine, the wildcard address, or the name of an interface, which stands for all addresses that it has, also later. */
  readonly address: string;
  /** Whether the wildcard address of IPv6 leaves IPv4 to others. Default: it takes IPv4 as well. */
  readonly ipv6Only?: boolean;
  /** IKE port; 0 lets the system choose. */
  readonly port: number;
  /** UDP-encapsulation port; 0 lets the system choose. */
  readonly natPort: number;
  /** @internal Both ports are shared with the sockets of other workers. Only for UDP sockets of this project. */
  readonly share?: PortSharing;
}

/** By which programs the kernel chooses among the sockets of a port: see `steeringProgram`. */
export interface PortSharing {
  readonly program: Uint8Array;
  readonly encapsulatedProgram: Uint8Array;
}

/** What a transport has counted since it was opened, in datagrams. */
export interface TransportCounters {
  /** Datagrams handed over, of whatever kind. */
  received: number;
  /** Datagrams that the system took to send. */
  sent: number;
  /** Datagrams that found no room in the kernel's receive buffer, where the system tells it. */
  droppedByKernel: number;
  /** Datagrams longer than any that is accepted, and therefore dropped. */
  truncated: number;
  /** Datagrams that could not be sent. */
  sendErrors: number;
}

/** What a gateway needs of a transport; a program may bring its own. */
export interface Transport {
  /** The kind of transport it is, for people. */
  readonly name?: string;
  /** The endpoint where messages stand bare. */
  readonly local: Endpoint;
  /** The endpoint where the non-ESP marker stands before them. */
  readonly encapsulatedLocal: Endpoint;
  /** Absent where nothing is counted. */
  readonly counters?: Readonly<TransportCounters>;
  /**
   * Sends from the endpoint that `datagram.encapsulated` names, at the next {@link flush} at the latest; until then its octets
   * must stay as they are. Does not wait, and never throws: whether an answer arrives is up to the network, and one that cannot
   * be sent must not take those behind it along. After {@link close} nothing is sent.
   */
  send(datagram: Datagram): void;
  /** Sends what was gathered: called at the end of each wave. Never throws. Absent where {@link send} does not gather. */
  flush?(): void;
  /**
   * Hands over at once what waits in the kernel. Absent where only the runtime reads the sockets, which it does between turns of the event
   * loop.
   */
  drain?(): void;
  /** Whether it sends from this address as well, which is not that of {@link local}. Absent where there is no such address. */
  serves?(address: string): boolean;
  /** Descriptors that the runtime knows nothing of, and leaves open where the thread dies that is to close them. */
  readonly descriptors?: readonly number[];
  /** From now on nothing comes and nothing is sent. */
  close(): Promise<void>;
}

/** UDP sockets, for both ends. */
export interface SocketTransport extends Transport {
  readonly name: string;
  readonly counters: Readonly<TransportCounters>;
  /** One octet 0xFF from the UDP-encapsulation port (RFC 3948, section 2.3). As {@link send}, it never throws. */
  sendKeepalive(remote: Endpoint): void;
  flush(): void;
}

/** Opens a transport. Rejects with a `TransportError` that names the address and port that cannot be listened on. */
export type OpenTransport = (options: TransportOptions) => Promise<Transport>;
/** The same of {@link SocketTransport}. */
export type OpenSocketTransport = (options: TransportOptions) => Promise<SocketTransport>;

/** Counters of a transport that has done nothing yet. */
export function zeroTransportCounters(): TransportCounters {
  return { received: 0, sent: 0, droppedByKernel: 0, truncated: 0, sendErrors: 0 };
}
