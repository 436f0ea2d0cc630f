/**
 * What a measured process is told to do, and what it says.
 *
 * @module
 */
import type { CpuReading } from "./cpu_clock.ts";

/** Another number: another version of this file, with which nothing can be measured. */
export const GATEWAY_PROTOCOL = 1;

/** First of all, once the gateway listens. */
export interface Hello {
  readonly protocol: number;
  readonly runtime: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly provider: string;
  /** Processor time of the process so far, in microseconds. */
  readonly startUs: number;
}

export type Command =
  /** A new gateway takes the place of the one that is there, and garbage is collected. */
  | { readonly command: "restart" }
  /** The messages behind this go in, `burst` of them at a time; each is answered before the next come. */
  | { readonly command: "serve"; readonly burst: number }
  | { readonly command: "counters" }
  /** The gateway's clock is so much later from now on. */
  | { readonly command: "pass"; readonly ms: number }
  /** Garbage is collected first. */
  | { readonly command: "memory" }
  /** From now on samples are taken, which costs time. */
  | { readonly command: "profile" }
  /** No longer: the answer tells what they showed. */
  | { readonly command: "profiled" }
  /** The same of what is allocated. */
  | { readonly command: "sample-allocations" }
  | { readonly command: "allocations-sampled"; readonly resumptions: number };

/** Octets a resumption on the runtime's heap. */
export interface Allocations {
  readonly octets: number;
  /** Those that allocate most, with what the runtime allocates for them. */
  readonly functions: Readonly<Record<string, number>>;
}

export interface Memory {
  /** Objects of the runtime's heap, and buffers beside it. */
  readonly heapOctets: number;
  /** All that the process has in the machine's memory. */
  readonly residentOctets: number;
}

/** Shares of the gateway's time, each 0 to 1. */
export interface Profile {
  readonly samples: number;
  /** Calls of the provider; decoding and encoding; all else, the collection of garbage among it. */
  readonly parts: { readonly core: number; readonly codec: number; readonly state: number };
  /** By folder, or by what the runtime calls its own work; the largest first. */
  readonly rooms: Readonly<Record<string, number>>;
  /** The costliest, alone: without what they call. */
  readonly functions: Readonly<Record<string, number>>;
}

/** Behind it stand the answers, `answersLength` octets of them, and then the Child SAs that came up. */
export interface ServeAnswer {
  readonly before: CpuReading;
  readonly after: CpuReading;
  readonly answersLength: number;
}

export type Answer =
  | ServeAnswer
  | { readonly counters: Readonly<Record<string, number>> }
  | { readonly memory: Memory }
  | { readonly profile: Profile }
  | { readonly allocations: Allocations }
  | { readonly wrong: string }
  | Readonly<Record<string, never>>;
