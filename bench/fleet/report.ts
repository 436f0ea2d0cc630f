/**
 * What a run of the fleet came to.
 *
 * @module
 */
import { summarizeLatency } from "../../src/load/latency.ts";

export interface FleetReport {
  readonly gateways: number;
  readonly clients: number;
  readonly profiles: readonly ProfileReport[];
}

export interface ProfileReport {
  readonly profile: string;
  /** Full exchanges beyond each client's first. */
  readonly further_full_exchanges: number;
  /** Clients that had no IKE SA at the end. */
  readonly lost: number;
  /** Used tickets that some gateway took once more, of all that were presented again. */
  readonly accepted_twice: number;
  /** For how long each client was without an IKE SA in the whole run, in milliseconds. */
  readonly without_sa_ms: { readonly p50: number; readonly p99: number; readonly max: number };
}

export function withoutSa(milliseconds: readonly number[]): ProfileReport["without_sa_ms"] {
  const { p50, p99 } = summarizeLatency(milliseconds) ?? { p50: 0, p99: 0 };
  return { p50: Math.round(p50), p99: Math.round(p99), max: Math.round(Math.max(0, ...milliseconds)) };
}

export function isGood({ profiles }: FleetReport): boolean {
  return profiles.every((one) => one.further_full_exchanges === 0 && one.lost === 0 && one.accepted_twice === 0);
}

export function reportLines({ gateways, clients, profiles }: FleetReport): string[] {
  return [
    `${gateways} gateways, ${clients} clients`,
    ...profiles.map(({ profile, further_full_exchanges, lost, accepted_twice, without_sa_ms: { p50, p99, max } }) =>
      `${profile}: ${further_full_exchanges} further full exchanges, ${lost} lost, ${accepted_twice} accepted twice, ` +
      `without an IKE SA p50 ${p50} ms, p99 ${p99} ms, max ${max} ms`
    ),
  ];
}
