/**
 * What `bench pipeline` reports. Times are microseconds of the processor a resumption, all threads of the gateway's process, unless a name
 * says otherwise; medians over passes.
 *
 * @module
 */
import { cpus } from "node:os";
import type { ProviderName } from "../../src/crypto/provider.ts";
import { median } from "../core/median.ts";
import type { Measured, Sample } from "./measure.ts";
import { COMPARED_WAVE, type Options } from "./options.ts";

/** In the form of the JSON output. */
export interface PipelineReport {
  readonly runtime: string;
  readonly cpu: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Every client's keys were compared before its time counted. */
  readonly checked: true;
  /** Too little for figures. */
  readonly quick: boolean;
  /** Whether plain resumptions went through the lane, where there is one. */
  readonly lane: boolean;
  /** One gateway in all passes of a process, whose clients come back again and again. */
  readonly steady: boolean;
  readonly clients: number;
  readonly processes: number;
  readonly passes: number;
  /** By provider, messages arriving 64 at a time. */
  readonly us: Readonly<Record<string, number>>;
  /** Of the gateway's thread alone. */
  readonly thread_us: Readonly<Record<string, number>>;
  /** The least of all passes. */
  readonly least_us: Readonly<Record<string, number>>;
  /** `us` of the first provider in parts, by samples taken in passes of their own. `state`: neither of the others, collection included. */
  readonly split_us: { readonly core: number; readonly codec: number; readonly state: number };
  /** The first provider's, by how many messages arrive together. */
  readonly by_wave: Readonly<Record<string, number>>;
  /** How many of them the gateway takes into one wave when 64 arrive together, on average. */
  readonly mean_wave: number;
  /** The first provider's: the first so many from the start of a process, together over their number. */
  readonly cold_us: Readonly<Record<string, number>>;
  readonly cold_us_by_provider: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** `null`: not measured. */
  readonly ratio: { readonly ts_to_wasm: number | null; readonly node_to_wasm: number | null };
  /** `us` of the first provider, by folder of the source, and by function. */
  readonly rooms_us: Readonly<Record<string, number>>;
  readonly functions_us: Readonly<Record<string, number>>;
  /** Octets a resumption on the runtime's heap, those that stay up among them: all, and by function. */
  readonly allocated_octets: number;
  readonly functions_allocated: Readonly<Record<string, number>>;
  readonly against: Comparison | null;
}

/** With another commit, measured in turn. */
export interface Comparison {
  readonly ref: string;
  readonly commit: string;
  /** The other's, as above. */
  readonly us: Readonly<Record<string, number>>;
  readonly thread_us: Readonly<Record<string, number>>;
  readonly by_wave: Readonly<Record<string, number>>;
  /** Of this checkout over the other: below 1, this one is faster. By provider: of medians; of least times; lower and upper quartile of pairs of neighbours in time. */
  readonly ratio: Readonly<Record<string, number>>;
  readonly ratio_of_least: Readonly<Record<string, number>>;
  readonly ratio_spread: Readonly<Record<string, readonly [number, number]>>;
}

const DIGITS = 2;
const RATIO_DIGITS = 3;

export function pipelineReport(
  { hello, samples, cold, profile, allocations, meanWave }: Measured,
  { providers, waves, lane, steady, clients, processes, passes, quick }: Options,
  against: Pick<Comparison, "ref" | "commit"> | undefined,
): PipelineReport {
  const of = (checkout: Sample["checkout"]) => {
    const compared = (provider: ProviderName): Sample[] => chosen(samples, checkout, provider, COMPARED_WAVE);
    return {
      us: byName(providers, (provider) => rounded(medianOf(compared(provider)))),
      thread_us: byName(providers, (provider) => rounded(median(compared(provider).map(({ threadUs }) => threadUs)))),
      least_us: byName(providers, (provider) => rounded(leastOf(compared(provider)))),
      by_wave: byName(waves, (wave) => rounded(medianOf(chosen(samples, checkout, providers[0], wave)))),
    };
  };
  const { us, thread_us, least_us, by_wave } = of("change");
  const coldOf = (provider: ProviderName): Record<string, number> =>
    Object.fromEntries([...cold.get(provider)!].map(([count, values]) => [String(count), rounded(median(values))]));
  const headline = us[providers[0]];
  // Samples are of the gateway's thread: what other threads do for it is no part of them.
  const ofThread = thread_us[providers[0]] || headline;
  const ofOthers = Math.max(0, headline - ofThread);
  const inUs = (shares: Readonly<Record<string, number>>): Record<string, number> =>
    Object.fromEntries(Object.entries(shares).map(([name, share]) => [name, rounded(share * ofThread)]));
  const { core, codec } = inUs({ ...profile.parts });
  const ratioTo = (name: string): number | null =>
    name in us && "wasm" in us ? rounded(us[name] / us["wasm"], RATIO_DIGITS) : null;
  return {
    runtime: hello.runtime,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    versions: hello.versions,
    checked: true,
    quick,
    lane,
    steady,
    clients,
    processes,
    passes,
    us,
    thread_us,
    least_us,
    split_us: { core, codec, state: rounded(headline - core - codec) },
    by_wave,
    mean_wave: rounded(meanWave),
    cold_us: coldOf(providers[0]),
    cold_us_by_provider: byName(providers, coldOf),
    ratio: { ts_to_wasm: ratioTo("ts"), node_to_wasm: ratioTo("node") },
    rooms_us: { "(other threads)": rounded(ofOthers), ...inUs(profile.rooms) },
    functions_us: inUs(profile.functions),
    allocated_octets: allocations.octets,
    functions_allocated: allocations.functions,
    against: against ? { ...against, ...omitLeast(of("base")), ...ratiosOf(samples, providers) } : null,
  };
}

function omitLeast<Of extends { readonly least_us: unknown }>({ least_us: _, ...rest }: Of): Omit<Of, "least_us"> {
  return rest;
}

function ratiosOf(
  samples: readonly Sample[],
  providers: readonly ProviderName[],
): Pick<Comparison, "ratio" | "ratio_of_least" | "ratio_spread"> {
  const both = (provider: ProviderName): [change: Sample[], base: Sample[]] => [
    chosen(samples, "change", provider, COMPARED_WAVE),
    chosen(samples, "base", provider, COMPARED_WAVE),
  ];
  return {
    ratio: byName(providers, (provider) => {
      const [change, base] = both(provider);
      return rounded(medianOf(change) / medianOf(base), RATIO_DIGITS);
    }),
    ratio_of_least: byName(providers, (provider) => {
      const [change, base] = both(provider);
      return rounded(leastOf(change) / leastOf(base), RATIO_DIGITS);
    }),
    ratio_spread: byName(providers, (provider) => {
      const [change, base] = both(provider);
      const before = new Map(base.map(({ round, processUs }) => [round, processUs]));
      return quartiles(change.map(({ round, processUs }) => processUs / before.get(round)!));
    }),
  };
}

/** Of a bench that was stopped, in the order in which they were first measured. */
export function mediansSoFar(samples: readonly Sample[]): readonly MedianSoFar[] {
  const kinds = new Map(samples.map((one) => [`${one.checkout} ${one.provider} ${one.wave}`, one]));
  return [...kinds.values()].map(({ checkout, provider, wave }) => {
    const these = chosen(samples, checkout, provider, wave);
    return { checkout, provider, wave, passes: these.length, us: rounded(medianOf(these)) };
  });
}

/** Microseconds of the processor a resumption, all threads of the gateway's process. */
export interface MedianSoFar {
  readonly checkout: Sample["checkout"];
  readonly provider: ProviderName;
  readonly wave: number;
  readonly passes: number;
  readonly us: number;
}

function chosen(samples: readonly Sample[], checkout: string, provider: string, wave: number): Sample[] {
  return samples.filter((sample) => sample.checkout === checkout && sample.provider === provider && sample.wave === wave);
}

function medianOf(samples: readonly Sample[]): number {
  return median(samples.map(({ processUs }) => processUs));
}

function leastOf(samples: readonly Sample[]): number {
  return Math.min(...samples.map(({ processUs }) => processUs));
}

function quartiles(values: readonly number[]): [number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  return [sorted[Math.floor((sorted.length - 1) / 4)], sorted[Math.ceil((sorted.length - 1) * 3 / 4)]].map((value) =>
    rounded(value, RATIO_DIGITS)
  ) as [number, number];
}

function byName<Name extends string | number, Value>(names: readonly Name[], of: (name: Name) => Value): Record<string, Value> {
  return Object.fromEntries(names.map((name) => [String(name), of(name)]));
}

function rounded(value: number, digits: number = DIGITS): number {
  return Number(value.toFixed(digits));
}
