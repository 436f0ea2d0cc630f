/**
 * What a storm measured.
 *
 * @module
 */
import type { ProviderName } from "../crypto/provider.ts";
import type { LatencySummary } from "./latency.ts";
import type { StormAuth } from "./storm_proofs.ts";
import type { ProfileName } from "../ike/profiles/resumption_profile.ts";
import type { TicketKind } from "../ticket/issued_ticket.ts";

/** One provider's run. */
export interface StormRun {
  readonly provider: ProviderName;
  /** Clients that came back by IKE_SESSION_RESUME with a Child SA whose keys are equal at both ends. */
  readonly resumed: number;
  readonly failed: number;
  /** From the moment all are told to come back until the last one is. */
  readonly wall_ms: number;
  readonly resumptions_per_s: number;
  /** User and system time of the gateway's process, in microseconds. */
  readonly gateway_cpu_us_per_full: number;
  readonly gateway_cpu_us_per_resumption: number;
  /** Latency of the clients that resumed. `null` if none did. */
  readonly latency_ms: LatencySummary | null;
}

export interface StormReport {
  readonly runtime: string;
  readonly cpu: string;
  readonly clients: number;
  readonly seed: number;
  /** How clients and gateway proved themselves to each other in the full exchanges. */
  readonly auth: StormAuth;
  readonly store: "memory" | "sqlite" | "redis";
  readonly tickets: TicketKind;
  readonly profile: ProfileName;
  readonly runs: readonly StormRun[];
  readonly ratio: {
    /** Gateway CPU of a full exchange over that of a resumption, with `wasm`. `null` if it did not run. */
    readonly resumed_to_full: number | null;
    /** Gateway CPU of a resumption with `ts` over that with `wasm`. `null` if either did not run. */
    readonly wasm_to_ts: number | null;
  };
}

/** Both ratios, from the runs that there are. */
export function ratiosOf(runs: readonly StormRun[]): StormReport["ratio"] {
  const wasm = runs.find(({ provider }) => provider === "wasm");
  const ts = runs.find(({ provider }) => provider === "ts");
  return {
    resumed_to_full: quotient(wasm?.gateway_cpu_us_per_full, wasm?.gateway_cpu_us_per_resumption),
    wasm_to_ts: quotient(ts?.gateway_cpu_us_per_resumption, wasm?.gateway_cpu_us_per_resumption),
  };
}

/** Whether every client of every run came back as it should. */
export function allResumed(report: StormReport): boolean {
  return report.runs.length > 0 && report.runs.every(({ resumed, failed }) => resumed === report.clients && failed === 0);
}

function quotient(dividend: number | undefined, divisor: number | undefined): number | null {
  if (dividend === undefined || divisor === undefined || divisor === 0) return null;
  return roundTo(dividend / divisor, 2);
}

/** Rounds to some decimal places: more than is measured is not printed. */
export function roundTo(value: number, places: number): number {
  return Number(value.toFixed(places));
}
