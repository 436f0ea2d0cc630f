/**
 * What all charts have in common.
 *
 * @module
 */
import type { TopLevelSpec } from "vega-lite";
import { CHART_CONFIG, SERIES, seriesColour } from "./theme.ts";

/** One picture: it is drawn once for wide pages and once for narrow ones. */
export interface Chart {
  /** For file names: lower case and dashes. */
  readonly id: string;
  readonly title: string;
  /** What it shows, in a sentence, also for those who cannot see it. */
  readonly about: string;
  readonly specOf: (width: number) => TopLevelSpec;
}

export type Row = Readonly<Record<string, string | number | null>>;
type Layers = Extract<TopLevelSpec, { layer: unknown }>["layer"];

const HEIGHT = 220;

export function layered(
  width: number,
  rows: readonly Row[],
  layer: Layers,
  height: number = HEIGHT,
): TopLevelSpec {
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    width,
    height,
    autosize: { type: "fit", contains: "padding" },
    padding: 4,
    background: "transparent",
    data: { values: [...rows] },
    layer,
    config: CHART_CONFIG,
  };
}

/** The scale that gives each run its colour. */
export function colourOf(names: readonly string[], field = "run"): object {
  return {
    field,
    type: "nominal",
    title: null,
    scale: { domain: [...names], range: names.map((_, index) => seriesColour(index)) },
    legend: names.length > 1 ? { columns: 2 } : null,
  };
}

/** The scale that gives each run its dash, which tells it apart where there are no colours. */
export function dashOf(names: readonly string[], field = "run"): object {
  return {
    field,
    type: "nominal",
    title: null,
    scale: { domain: [...names], range: names.map((_, index) => [...SERIES[index % SERIES.length].dash]) },
    legend: names.length > 1 ? { columns: 2 } : null,
  };
}
