/**
 * How an attacker's process is told what to do, and tells what it did: one JSON object a line. It ends when its standard input does.
 *
 * @module
 */
import type { Endpoint } from "../../src/ike/steps/datagram.ts";

/** The first line in. Octets in hexadecimal. */
export interface AttackSetting {
  readonly kind: string;
  /** Datagrams a second, and how many in all. */
  readonly rate: number;
  readonly count: number;
  readonly gateway: Endpoint;
  readonly encapsulatedGateway: Endpoint;
  readonly presharedKey: string;
  readonly goodTickets: readonly string[];
  readonly usedTickets: readonly string[];
  readonly datagramsBefore: number;
}

/** The first line out: all is prepared. Any further line in begins the attack. */
export interface AttackReady {
  readonly ready: true;
}

/** The second line out. */
export interface AttackDone {
  /** Those that were due, and were begun. */
  readonly begun: number;
  /** All that left, answers to cookies and the like among them. */
  readonly sent: number;
  /** What came back. */
  readonly answers: number;
  /** How late datagrams were sent: 95 % of them were this late or less, in milliseconds. */
  readonly lag_ms_p95: number;
  /** User and system, in microseconds. */
  readonly cpu_us: number;
}
