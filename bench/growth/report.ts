/**
 * What `bench growth` reports. Times are microseconds of the processor a resumption, all threads of the gateway's process, unless a name
 * says otherwise.
 *
 * @module
 */
import { cpus } from "node:os";
import { median } from "../core/median.ts";
import type { Hello } from "../pipeline/protocol.ts";
import type { Grown, Growth } from "./measure.ts";

/** In the form of the JSON output. */
export interface GrowthReport {
  readonly runtime: string;
  readonly provider: string;
  readonly cpu: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Every client's keys were compared before its time counted. */
  readonly checked: true;
  /** Too little for figures. */
  readonly quick: boolean;
  /** By how many IKE SAs are up, ascending. */
  readonly points: readonly GrowthPoint[];
  /** `ratio_to_fewest` with the most. */
  readonly ratio_max_to_min: number;
  /**
   * By how much `us_per_resumption` grows when there are ten times as many: the straight line through `ratio_to_fewest` of all points, times what
   * it is with the fewest. 0 with one point.
   */
  readonly slope_us_per_tenfold: number;
  /** As `bytes_per_sa` of the last point, ten minutes later by the gateway's clock: what an IKE SA takes that has been up for a while. */
  readonly settled_bytes_per_sa: number;
  readonly settled_heap_bytes_per_sa: number;
}

export interface GrowthPoint {
  readonly sas: number;
  /** The median of the passes in which some come back once more, and their number stays. */
  readonly us_per_resumption: number;
  readonly least_us: number;
  /** Over that of a gateway with as many as the first point has, measured in turn with it: the median of pairs of neighbours in time. */
  readonly ratio_to_fewest: number;
  readonly thread_us: number;
  /** While the number grew to this from the point before. */
  readonly us_coming_up: number;
  /** Of the machine's memory, beyond what a warm gateway without any takes: meaningless for a few thousand. */
  readonly bytes_per_sa: number;
  /** Of the runtime's heap and of buffers. */
  readonly heap_bytes_per_sa: number;
}

const DIGITS = 2;
const RATIO_DIGITS = 3;

/** @param grown at least one */
export function growthReport(hello: Hello, { grown, settled }: Growth, quick: boolean): GrowthReport {
  const { sas } = grown[grown.length - 1];
  const points = grown.map(pointOf);
  return {
    runtime: hello.runtime,
    provider: hello.provider,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    versions: hello.versions,
    checked: true,
    quick,
    points,
    ratio_max_to_min: points[points.length - 1].ratio_to_fewest,
    slope_us_per_tenfold: rounded(
      points[0].us_per_resumption * slopeOf(points.map(({ sas, ratio_to_fewest }) => [Math.log10(sas), ratio_to_fewest])),
    ),
    settled_bytes_per_sa: Math.round(settled.residentOctets / sas),
    settled_heap_bytes_per_sa: Math.round(settled.heapOctets / sas),
  };
}

function pointOf({ sas, costs, smallCosts, comingUp, memory }: Grown): GrowthPoint {
  const times = costs.map(({ processUs }) => processUs);
  return {
    sas,
    us_per_resumption: rounded(median(times)),
    least_us: rounded(Math.min(...times)),
    ratio_to_fewest: rounded(median(times.map((us, pass) => us / smallCosts[pass].processUs)), RATIO_DIGITS),
    thread_us: rounded(median(costs.map(({ threadUs }) => threadUs))),
    us_coming_up: rounded(comingUp.processUs),
    bytes_per_sa: Math.round(memory.residentOctets / sas),
    heap_bytes_per_sa: Math.round(memory.heapOctets / sas),
  };
}

/** By least squares; 0 for one point. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const square = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return square === 0 ? 0 : points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / square;
}

function rounded(value: number, digits: number = DIGITS): number {
  return Number(value.toFixed(digits));
}
