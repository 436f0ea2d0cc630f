/**
 * Charts as SVG: no browser, no network, no script in what comes out.
 *
 * @module
 */
import type { Chart } from "./chart.ts";
import { DrawingError } from "./drawing_error.ts";
import { colourSheet } from "./theme.ts";

export interface Drawing {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly wide: string;
  readonly narrow: string;
}

const WIDE_PX = 720;
/** What a telephone of 400 pixels leaves beside margins. */
const NARROW_PX = 360;
const INSTALL = "npm install vega vega-lite";

/** @throws {DrawingError} the libraries are not installed */
export async function draw(charts: readonly Chart[]): Promise<readonly Drawing[]> {
  const { vega, vegaLite } = await libraries();
  const svgOf = async (chart: Chart, width: number) => {
    const view = new vega.View(vega.parse(vegaLite.compile(chart.specOf(width)).spec), {
      renderer: "none",
      logLevel: vega.Error,
    });
    const svg = await view.toSVG();
    view.finalize();
    return svg;
  };
  const drawings: Drawing[] = [];
  for (const chart of charts) {
    const { id, title, about } = chart;
    drawings.push({ id, title, about, wide: await svgOf(chart, WIDE_PX), narrow: await svgOf(chart, NARROW_PX) });
  }
  return drawings;
}

/** A picture of its own, for a README: with its colours, its ground, and its words for those who cannot see it. */
export function standAlone({ wide, title, about }: Drawing): string {
  const inside = `<title>${escaped(title)}</title><desc>${escaped(about)}</desc>` +
    `<style>${colourSheet(":root")}</style><rect width="100%" height="100%" fill="var(--paper)"/>`;
  return wide.replace(/^<svg[^>]*>/, (start) => start + inside) + "\n";
}

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

async function libraries(): Promise<{ vega: typeof import("vega"); vegaLite: typeof import("vega-lite") }> {
  try {
    return { vega: await import("vega"), vegaLite: await import("vega-lite") };
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) throw error;
    throw new DrawingError(`charts need the npm packages vega and vega-lite: ${INSTALL}`);
  }
}
