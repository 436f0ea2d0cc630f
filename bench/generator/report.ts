/**
 * The report of `bench generator`: what `--json` prints.
 *
 * @module
 */
import { cpus } from "node:os";
import { median } from "../core/median.ts";
import type { ReferenceCheckout } from "../pipeline/reference_checkout.ts";
import type { CheckoutName, Measured, Sample } from "./measure.ts";
import type { Options } from "./options.ts";
import { type ScenarioName, SCENARIOS } from "./protocol.ts";

const MOST_SHOWN = 40;

/** Microseconds a resumption, over all passes. */
export interface Cost {
  readonly us: number;
  /** The least of all passes: what other work on the machine disturbed least. */
  readonly least_us: number;
  /** Of `us`, what the system took. */
  readonly system_us: number;
  /** Datagrams that left together, on average; `null`: it cannot be told. */
  readonly wave: number | null;
}

export interface GeneratorComparison {
  readonly ref: string;
  readonly commit: string;
  readonly costs: { readonly [Name in ScenarioName]?: Cost };
  /** That over this, by scenario; a commit without `load` is compared by its storm. Median of the ratios of neighbours. */
  readonly ratio: { readonly [Name in ScenarioName]?: number };
  /** The same of the least. */
  readonly ratio_of_least: { readonly [Name in ScenarioName]?: number };
}

export interface GeneratorReport {
  readonly runtime: string;
  readonly cpu: string;
  readonly clients: number;
  readonly passes: number;
  /** All clients came back by their tickets, and all keys of a storm were compared. */
  readonly checked: true;
  readonly quick: boolean;
  readonly costs: { readonly [Name in ScenarioName]?: Cost };
  readonly against: GeneratorComparison | null;
  /** With `--profile`: microseconds a resumption of the first of the scenarios that were asked for, by room. */
  readonly rooms_us?: Readonly<Record<string, number>>;
  /** The same by function alone, the costliest. */
  readonly functions_us?: Readonly<Record<string, number>>;
}

export function generatorReport(
  { runtime, samples, profiled }: Measured,
  { clients, quick, passes, scenarios: [scenario] }: Options,
  reference: ReferenceCheckout | undefined,
): GeneratorReport {
  const profile = profiled[0]?.profile;
  const costs = costsOf(samples, "change");
  const inUs = (shares: Readonly<Record<string, number>>) =>
    Object.fromEntries(
      Object.entries(shares).slice(0, MOST_SHOWN).map(([name, share]) => [name, rounded(share * costs[scenario]!.us)]),
    );
  return {
    runtime,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    clients,
    passes,
    checked: true,
    quick,
    costs,
    against: reference === undefined ? null : comparison(samples, reference),
    ...(profile && { rooms_us: inUs(profile.rooms), functions_us: inUs(profile.functions) }),
  };
}

export function costsOf(samples: readonly Sample[], checkout: CheckoutName): { readonly [Name in ScenarioName]?: Cost } {
  const costs: { [Name in ScenarioName]?: Cost } = {};
  for (const scenario of SCENARIOS) {
    const own = of(samples, checkout, scenario);
    if (own.length === 0) continue;
    const waves = own.map(({ wave }) => wave).filter((wave) => wave !== null);
    costs[scenario] = {
      us: rounded(median(own.map(usOf))),
      least_us: rounded(Math.min(...own.map(usOf))),
      system_us: rounded(median(own.map(({ systemUs, resumed }) => systemUs / resumed))),
      wave: waves.length === 0 ? null : rounded(median(waves)),
    };
  }
  return costs;
}

function comparison(samples: readonly Sample[], { ref, commit }: ReferenceCheckout): GeneratorComparison {
  const ratio: { [Name in ScenarioName]?: number } = {};
  const ofLeast: { [Name in ScenarioName]?: number } = {};
  for (const scenario of SCENARIOS) {
    const own = of(samples, "change", scenario);
    const same = of(samples, "base", scenario);
    const other = same.length > 0 ? same : of(samples, "base", "storm");
    if (own.length === 0 || other.length === 0) continue;
    const ratios = own.flatMap((sample) =>
      other.filter(({ pass }) => pass === sample.pass).map((neighbour) => usOf(neighbour) / usOf(sample))
    );
    ratio[scenario] = inHundredths(median(ratios));
    ofLeast[scenario] = inHundredths(Math.min(...other.map(usOf)) / Math.min(...own.map(usOf)));
  }
  return { ref, commit, costs: costsOf(samples, "base"), ratio, ratio_of_least: ofLeast };
}

function of(samples: readonly Sample[], checkout: CheckoutName, scenario: ScenarioName): readonly Sample[] {
  return samples.filter((sample) => sample.checkout === checkout && sample.scenario === scenario);
}

function usOf({ userUs, systemUs, resumed }: Sample): number {
  return (userUs + systemUs) / resumed;
}

function rounded(value: number): number {
  return Math.round(10 * value) / 10;
}

function inHundredths(value: number): number {
  return Math.round(100 * value) / 100;
}
