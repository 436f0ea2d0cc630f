/**
 * The colours of charts and page, as custom properties of CSS: one picture for light, dark and paper.
 *
 * @module
 */
import type { Config } from "vega-lite";

/** Told apart by those who see fewer colours, too; the dash tells them apart on paper. */
export const SERIES: readonly { readonly light: string; readonly dark: string; readonly dash: readonly number[] }[] = [
  { light: "#0b62a4", dark: "#6cb6ff", dash: [1, 0] },
  { light: "#b8400a", dark: "#ff9e64", dash: [7, 3] },
  { light: "#0f6b4a", dark: "#5fd7a7", dash: [2, 2] },
  { light: "#7029c4", dark: "#c4a7ff", dash: [9, 3, 2, 3] },
  { light: "#86610a", dark: "#e5c07b", dash: [4, 4] },
  { light: "#b01657", dark: "#ff8ac4", dash: [12, 4] },
];

const LIGHT = { paper: "#ffffff", ink: "#1c2128", faint: "#57606a", grid: "#d8dee4" };
const DARK = { paper: "#0d1117", ink: "#e6edf3", faint: "#9da7b3", grid: "#30363d" };

/** Sets the properties on `root`: light, and dark where the reader has it so; paper is light. */
export function colourSheet(root: string): string {
  const properties = (kind: "light" | "dark") =>
    [
      ...Object.entries(kind === "light" ? LIGHT : DARK),
      ...SERIES.map((series, index) => [`series-${index + 1}`, series[kind]] as const),
    ].map(([name, value]) => `--${name}:${value}`).join(";");
  return `${root}{${properties("light")}}@media screen and (prefers-color-scheme:dark){${root}{${properties("dark")}}}`;
}

export function seriesColour(index: number): string {
  return `var(--series-${index % SERIES.length + 1})`;
}

const TEXT = "system-ui, sans-serif";

export const CHART_CONFIG: Config = {
  font: TEXT,
  view: { stroke: null },
  axis: {
    labelColor: "var(--faint)",
    titleColor: "var(--faint)",
    gridColor: "var(--grid)",
    domainColor: "var(--faint)",
    tickColor: "var(--faint)",
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: "normal",
  },
  legend: {
    labelColor: "var(--ink)",
    titleColor: "var(--faint)",
    labelFontSize: 12,
    orient: "top",
    direction: "horizontal",
    labelLimit: 300,
    symbolSize: 220,
    symbolStrokeWidth: 2,
  },
  header: { labelColor: "var(--ink)", titleColor: "var(--faint)", labelFontSize: 12 },
  text: { color: "var(--ink)", fontSize: 12 },
  line: { strokeWidth: 2 },
};
