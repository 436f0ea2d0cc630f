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
  /** What of the run the profile has no way to do, and what its clients do instead. */
  readonly not_in_profile: readonly string[];
}

/** By the name of a profile. Clauses are those of its draft. */
const NOT_IN_PROFILE: Readonly<Record<string, readonly string[]>> = {
  "failover-03": [
    "no REDIRECT in the answer to a ticket (section 4.2): a client that comes to a gateway that is drained hears nothing, and asks the next one",
  ],
  "resumption-00": [
    "no refusal by itself (section 3.2): where a ticket is refused, the same exchange goes on as a full one, and no other gateway is asked",
  ],
};

export function notIn(profile: string): readonly string[] {
  const [name] = profile.split(":");
  return NOT_IN_PROFILE[name] ?? [];
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
    ...profiles.flatMap((one) => [
      `${one.profile}: ${one.further_full_exchanges} further full exchanges, ${one.lost} lost, ${one.accepted_twice} accepted twice, ` +
      `without an IKE SA p50 ${one.without_sa_ms.p50} ms, p99 ${one.without_sa_ms.p99} ms, max ${one.without_sa_ms.max} ms`,
      ...one.not_in_profile.map((text) => `  ${text}`),
    ]),
  ];
}
