/**
 * What a measured generator is told to do, and what it says: one JSON object a line.
 *
 * @module
 */
import type { Endpoint } from "../../src/ike/steps/datagram.ts";
import type { Fingerprints } from "../../src/load/child_sa_fingerprint.ts";
import type { Profile } from "../pipeline/protocol.ts";

export const SCENARIOS = ["storm", "resume", "outage"] as const;
export type ScenarioName = typeof SCENARIOS[number];

/** All that a generator has to know, as JSON. */
export interface GeneratorSetting {
  /** Octets in hexadecimal. */
  readonly presharedKey: string;
  /** Sets its clients apart from those of other generators at the same gateway. */
  readonly name: string;
  readonly clients: number;
  readonly gateway: Endpoint;
  readonly encapsulatedGateway: Endpoint;
}

export interface Command {
  readonly scenario: ScenarioName;
  /** For how long `resume` is measured; how long `outage` may take. */
  readonly seconds: number;
  /** Whether samples of the stack are taken meanwhile, which costs time. */
  readonly profile?: boolean;
}

/** First of all, once it can be told something. */
export interface Hello {
  readonly runtime: string;
}

/** All its clients are up, and the gateway is to go away and come again. */
export interface Ready {
  readonly ready: true;
}

/** What it cost to bring clients back. */
export interface Pass {
  /** Of the whole process with all its threads, in microseconds. */
  readonly userUs: number;
  readonly systemUs: number;
  readonly resumed: number;
  readonly failed: number;
  /** Datagrams that the clients sent together, on average; `null`: this generator cannot tell. */
  readonly wave: number | null;
  /** Of the clients that came back last; without it, the clients' own word has to do. */
  readonly fingerprints?: Fingerprints;
  readonly profile?: Profile;
}

export type Said = Hello | Ready | Pass | { readonly wrong: string };
