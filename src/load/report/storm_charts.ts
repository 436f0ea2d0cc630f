/**
 * The pictures of storms: what the gateway's processor spent, and how fast clients were back, by provider.
 *
 * @module
 */
import { type Chart, layered, type Row } from "./chart.ts";
import type { StormRuns } from "./runs.ts";
import { seriesColour } from "./theme.ts";

const BAR_PX = 30;
/** Room for the axis. */
const AXIS_PX = 50;

export function stormCharts(storms: readonly StormRuns[]): readonly Chart[] {
  if (storms.length === 0) return [];
  const runs = storms.flatMap(({ name, report }) =>
    report.runs.map((run) => ({ ...run, run: storms.length > 1 ? `${name}, ${run.provider}` : run.provider }))
  );
  const cpu = runs.flatMap((run) => [
    { run: `${run.run}: full exchange`, value: run.gateway_cpu_us_per_full },
    { run: `${run.run}: resumption`, value: run.gateway_cpu_us_per_resumption },
  ]);
  return [
    bars("storm-cpu", "What a client costs the gateway's processor", "µs", cpu),
    bars("storm-wall", "Until all clients are back", "ms", runs.map(({ run, wall_ms }) => ({ run, value: wall_ms }))),
  ];
}

function bars(id: string, title: string, unit: string, rows: readonly Row[]): Chart {
  const y = { field: "run", type: "nominal" as const, sort: null, title: null, axis: { labelLimit: 220 } };
  const most = Math.max(...rows.map(({ value }) => Number(value)));
  // The number of each bar stands behind it: room for that of the longest.
  const x = {
    field: "value",
    type: "quantitative" as const,
    title: unit,
    scale: { domain: [0, 1.2 * most] },
    axis: { tickCount: 4 },
  };
  const specOf = (width: number) =>
    layered(width, rows, [
      { mark: { type: "bar", color: seriesColour(0) }, encoding: { y, x } },
      {
        mark: { type: "text", align: "left", dx: 4, color: "var(--ink)" },
        encoding: { y, x, text: { field: "value", type: "quantitative", format: ",.0f" } },
      },
    ], AXIS_PX + BAR_PX * rows.length);
  const words = rows.map(({ run, value }) => `${run}: ${value} ${unit}`).join("; ");
  return { id, title, about: `${title}. ${words}.`, specOf };
}
