/**
 * What a kind of attack is: datagrams prepared before the clock runs, and sent one by one when they are due.
 *
 * @module
 */
import type { KeyExchange } from "../../crypto/key_exchange.ts";
import type { CryptoProvider } from "../../crypto/provider.ts";
import type { Endpoint } from "../../ike/steps/datagram.ts";

/** What an attacker has in hand. */
export interface AttackerMeans {
  readonly provider: CryptoProvider;
  readonly keyExchange: KeyExchange;
  readonly gateway: Endpoint;
  readonly encapsulatedGateway: Endpoint;
  /** The attacker is a client itself, where the kind says so. */
  readonly presharedKey: Uint8Array;
  /** Tickets that open and were never used, as they stand on the wire. */
  readonly goodTickets: readonly Uint8Array[];
  /** Tickets that the gateway has accepted once. */
  readonly usedTickets: readonly Uint8Array[];
  /** How many datagrams leave before the clients come, for kinds that began before. */
  readonly datagramsBefore: number;
  /** Opens a socket of this address on the loopback interface. */
  readonly open: (address: string) => Promise<AttackerSocket>;
  /** Counts a datagram that leaves by another socket. */
  readonly count: () => void;
  /** What else is to be closed once the attack is over. */
  readonly atEnd: (close: () => Promise<void>) => void;
}

export interface AttackerSocket {
  /** To the gateway's IKE port. Counted. */
  send(octets: Uint8Array): void;
  /** Called for each answer that comes to this socket. */
  onAnswer: (octets: Uint8Array) => void;
}

/** Sends what is due now: one datagram; what answers call for comes on top. */
export type Attack = (index: number) => void;

export interface AttackKind {
  readonly name: string;
  /** For people, in a few words. */
  readonly what: string;
  readonly prepare: (means: AttackerMeans) => Promise<Attack>;
}
