/**
 * What a worker has counted, over all its lives: a thread that dies takes with it how things stand, and not what only grows.
 *
 * @module
 */
import { type GatewayCounters, zeroCounters } from "../counters.ts";
import { type GatewayHistograms, noHistograms, sumOfGatewayHistograms } from "../gateway_histograms.ts";

/** What one gateway has counted. It can be cloned. */
export interface Counted {
  readonly counters: GatewayCounters;
  readonly histograms: GatewayHistograms;
}

export class CountedOverLives {
  #before: Counted = nothingCounted();
  #now: Counted = nothingCounted();

  /** What the thread that lives says. */
  take(counted: Counted): void {
    this.#now = counted;
  }

  /** The thread is no more. */
  died(): void {
    const counters = { ...this.#before.counters };
    for (const [name, count] of Object.entries(this.#now.counters) as [keyof GatewayCounters, number][]) {
      if (name.endsWith("_total")) counters[name] += count;
    }
    this.#before = { counters, histograms: sumOfGatewayHistograms([this.#before.histograms, this.#now.histograms]) };
    this.#now = nothingCounted();
  }

  get sum(): Counted {
    return sumOfCounted([this.#before, this.#now]);
  }
}

/** Of several workers, at least one. */
export function sumOfCounted(each: readonly Counted[]): Counted {
  return {
    counters: sumOfCounters(each.map(({ counters }) => counters)),
    histograms: sumOfGatewayHistograms(each.map(({ histograms }) => histograms)),
  };
}

/** Each counter over several gateways. */
function sumOfCounters(each: readonly GatewayCounters[]): GatewayCounters {
  const sum = zeroCounters();
  for (const counters of each) {
    for (const [name, count] of Object.entries(counters) as [keyof GatewayCounters, number][]) {
      sum[name] = (sum[name] ?? 0) + count;
    }
  }
  return sum;
}

function nothingCounted(): Counted {
  return { counters: zeroCounters(), histograms: noHistograms() };
}
