/**
 * Histograms of a gateway as Prometheus reads them.
 *
 * @module
 */
import { Histogram, type Registry } from "prom-client";
import type { GatewayHistograms, HistogramsBy } from "../../gateway/gateway_histograms.ts";
import type { HistogramCounts } from "../../gateway/histogram.ts";

type Labels = Readonly<Record<string, string>>;

/** One histogram of several under a name. */
interface Labelled {
  readonly labels: Labels;
  readonly counts: HistogramCounts;
}

/** What is measured, by name, and under which labels. */
const MEASURED: {
  readonly [Name in keyof GatewayHistograms]: {
    readonly help: string;
    readonly labelled: (histograms: GatewayHistograms) => readonly Labelled[];
  };
} = {
  handshake_duration_seconds: {
    help: "From when a client's first message was taken up until its IKE SA was established",
    labelled: ({ handshake_duration_seconds }) => labelledBy(handshake_duration_seconds, handshakeLabels),
  },
  queue_wait_seconds: {
    help: "How long datagrams waited in line before their wave began, by urgency",
    labelled: ({ queue_wait_seconds }) => labelledBy(queue_wait_seconds, (urgency) => ({ urgency })),
  },
  wave_duration_seconds: {
    help: "From the begin of a wave until its answers were sent",
    labelled: ({ wave_duration_seconds }) => [{ labels: {}, counts: wave_duration_seconds }],
  },
  store_call_duration_seconds: {
    help: "Calls of the store that did not answer at once",
    labelled: ({ store_call_duration_seconds }) => [{ labels: {}, counts: store_call_duration_seconds }],
  },
};

export function addHistograms(registry: Registry, histograms: GatewayHistograms, prefix: string): void {
  for (const [name, { help, labelled }] of Object.entries(MEASURED)) {
    registry.registerMetric(new CountedHistogram(`${prefix}${name}`, help, labelled(histograms)));
  }
}

function handshakeLabels(by: string): Labels {
  return by === "full" ? { kind: "full", profile: "" } : { kind: "resumed", profile: by };
}

function labelledBy(histograms: HistogramsBy, labelsOf: (word: string) => Labels): readonly Labelled[] {
  return Object.entries(histograms).map(([word, counts]) => ({ labels: labelsOf(word), counts }));
}

/** A histogram that was counted elsewhere: prom-client has no other way in than one duration after the other. */
class CountedHistogram extends Histogram<string> {
  readonly #about: { readonly name: string; readonly help: string; readonly registers: [] };
  readonly #histograms: readonly Labelled[];

  constructor(name: string, help: string, histograms: readonly Labelled[]) {
    super({ name, help, registers: [] });
    this.#about = { name, help, registers: [] };
    this.#histograms = histograms;
  }

  override async get(): ReturnType<Histogram<string>["get"]> {
    const { name } = this.#about;
    const empty = await new Histogram(this.#about).get();
    return { ...empty, values: this.#histograms.flatMap(({ labels, counts }) => samplesOf(name, labels, counts)) };
  }

  /** What a registry asks first. */
  getForPromString(): ReturnType<Histogram<string>["get"]> {
    return this.get();
  }
}

function samplesOf(name: string, labels: Labels, { bounds, counts, sum }: HistogramCounts) {
  let total = 0;
  const buckets = counts.map((count, bucket) => {
    total += count;
    const le = bucket < bounds.length ? String(bounds[bucket]) : "+Inf";
    return { metricName: `${name}_bucket`, labels: { ...labels, le } as Record<string, string>, value: total };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: { ...labels }, value: sum },
    { metricName: `${name}_count`, labels: { ...labels }, value: total },
  ];
}
