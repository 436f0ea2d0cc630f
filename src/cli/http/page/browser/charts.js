// @ts-check
/// <reference lib="dom" />
/**
 * The last five minutes as charts, by uPlot.
 *
 * @module
 */
import { byId, countText, element, latencyText } from "./elements.js";

/** @typedef {readonly (number | null)[]} Sample */
/** @typedef {{ readonly label: string, readonly place: number, readonly color: string, readonly dash?: number[] }} Line */
/** @typedef {{ readonly title: string, readonly lines: readonly Line[], readonly textOf: (value: number | null) => string }} Chart */

/** What stands where in a sample: see `Sample` of the gateway's page_samples.ts. */
export const PLACES = {
  time: 0,
  up: 1,
  halfOpen: 2,
  resumed: 3,
  full: 4,
  refused: 5,
  dropped: 6,
  resumedMedian: 7,
  resumedMost: 8,
  fullMedian: 9,
  fullMost: 10,
};

const MOST_SAMPLES = 300;
const HEIGHT = 176;
const DASH = [5, 4];

/** @type {readonly Chart[]} */
const CHARTS = [
  {
    title: "Exchanges in a second",
    lines: [
      { label: "Resumptions", place: PLACES.resumed, color: "--line-1" },
      { label: "Full exchanges", place: PLACES.full, color: "--line-2" },
    ],
    textOf: countText,
  },
  { title: "IKE SAs up", lines: [{ label: "Up", place: PLACES.up, color: "--line-3" }], textOf: countText },
  { title: "Half-open IKE SAs", lines: [{ label: "Half-open", place: PLACES.halfOpen, color: "--line-4" }], textOf: countText },
  {
    title: "Handshakes took (of the last ten seconds)",
    lines: [
      { label: "Resumption, median", place: PLACES.resumedMedian, color: "--line-1" },
      { label: "99 %", place: PLACES.resumedMost, color: "--line-1", dash: DASH },
      { label: "Full, median", place: PLACES.fullMedian, color: "--line-2" },
      { label: "99 %", place: PLACES.fullMost, color: "--line-2", dash: DASH },
    ],
    textOf: latencyText,
  },
  {
    title: "Refused and dropped in a second",
    lines: [
      { label: "Refused", place: PLACES.refused, color: "--line-5" },
      { label: "Dropped", place: PLACES.dropped, color: "--line-4" },
    ],
    textOf: countText,
  },
];

/** @type {Sample[]} */
let samples = [];
/** @type {{ readonly drawn: import("uplot"), readonly chart: Chart, readonly place: HTMLElement }[]} */
let drawn = [];

/**
 * @param {readonly Sample[]} more
 * @param {boolean} isAll they are all that there are
 */
export function showSamples(more, isAll) {
  samples = [...(isAll ? [] : samples), ...more].slice(-MOST_SAMPLES);
  if (drawn.length === 0) draw();
  for (const { drawn: plot, chart } of drawn) {
    plot.setData(dataOf(chart));
    // Who points at nothing reads the latest.
    if (plot.cursor.left === undefined || plot.cursor.left < 0) plot.setLegend({ idx: samples.length - 1 });
  }
}

/** @returns {Sample | undefined} */
export function lastSample() {
  return samples.at(-1);
}

/** Colours of a chart are of the moment in which it is made. */
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  if (drawn.length > 0) draw();
});

const resized = new ResizeObserver(() => {
  for (const { drawn: plot, place } of drawn) plot.setSize({ width: place.clientWidth, height: HEIGHT });
});

function draw() {
  const section = byId("charts", HTMLElement);
  for (const { drawn: plot } of drawn) plot.destroy();
  resized.disconnect();
  section.replaceChildren();
  drawn = CHARTS.map((chart) => {
    const place = element("div", { class: "chart" });
    section.append(element("figure", { class: "card" }, element("figcaption", {}, chart.title), place));
    const plot = new uPlot(optionsOf(chart, place.clientWidth), dataOf(chart), place);
    resized.observe(place);
    return { drawn: plot, chart, place };
  });
}

/** @type {typeof import("uplot")} */
const uPlot = Reflect.get(globalThis, "uPlot");

/**
 * @param {Chart} chart
 * @returns {import("uplot").AlignedData}
 */
function dataOf({ lines }) {
  const times = samples.map((sample) => sample[PLACES.time] ?? 0);
  return [times, ...lines.map(({ place }) => samples.map((sample) => sample[place] ?? null))];
}

/**
 * @param {Chart} chart
 * @param {number} width
 * @returns {import("uplot").Options}
 */
function optionsOf({ lines, textOf }, width) {
  const styles = getComputedStyle(document.documentElement);
  /** @param {string} name */
  const color = (name) => styles.getPropertyValue(name).trim();
  const axis = {
    stroke: color("--faint"),
    grid: { stroke: color("--grid"), width: 1 },
    ticks: { show: false },
    font: "11px system-ui",
  };
  return {
    width,
    height: HEIGHT,
    cursor: { sync: { key: "all" }, drag: { x: false, y: false }, y: false },
    legend: { live: true },
    scales: {
      x: { range: (_plot, _least, most) => [most - MOST_SAMPLES, most] },
      y: textOf === latencyText ? { distr: 3, range: (_plot, least, most) => decades(least ?? 0.001, most ?? 0.1) } : {
        range: (_plot, _least, most) => [0, Math.max(1.15 * most, 4)],
      },
    },
    axes: [
      { ...axis, size: 28, space: 56, values: (_plot, times) => times.map(clockText) },
      {
        ...axis,
        size: 52,
        grid: { ...axis.grid, ...(textOf === latencyText ? { filter: (_plot, splits) => splits.map(powerOfTen) } : {}) },
        values: (_plot, values) => values.map((value) => value === null ? "" : textOf(value)),
      },
    ],
    series: [
      {},
      ...lines.map((line) => ({
        label: line.label,
        stroke: color(line.color),
        width: 1.75,
        ...(line.dash ? { dash: line.dash } : {}),
        ...(textOf === latencyText ? {} : { fill: `${color(line.color)}1f` }),
        points: { show: false },
        /** @type {import("uplot").Series.Value} */
        value: (_plot, value) => textOf(value),
      })),
    ],
  };
}

/**
 * @param {number} value
 * @returns {number | null}
 */
function powerOfTen(value) {
  const power = Math.log10(value);
  return Math.abs(power - Math.round(power)) < 1e-6 ? value : null;
}

/**
 * The powers of ten around.
 *
 * @param {number} least
 * @param {number} most
 * @returns {[number, number]}
 */
function decades(least, most) {
  const below = Math.floor(Math.log10(least));
  return [10 ** below, 10 ** Math.max(below + 1, Math.ceil(Math.log10(most)))];
}

/**
 * @param {number} seconds
 * @returns {string}
 */
function clockText(seconds) {
  return new Date(1_000 * seconds).toTimeString().slice(0, 8);
}
