/**
 * When clients begin: by a rate that does not ask how the gateway fares (open), or each as soon as it is done (closed).
 *
 * @module
 */

/** For so many seconds, so many beginnings a second, from the one rate to the other in a line. */
export interface RateStage {
  readonly seconds: number;
  readonly from: number;
  readonly to: number;
}

/** `open`: as users come. `closed`: every client begins again when it is done, for so many seconds. */
export type LoadShape =
  | { readonly model: "open"; readonly stages: readonly RateStage[] }
  | { readonly model: "closed"; readonly seconds: number };

const MS_PER_SECOND = 1_000;

/** How long a shape takes, in seconds. */
export function secondsOf(shape: LoadShape): number {
  return shape.model === "closed" ? shape.seconds : shape.stages.reduce((sum, { seconds }) => sum + seconds, 0);
}

/** How many begin in all, of an open shape. */
export function beginningsOf(stages: readonly RateStage[]): number {
  return Math.floor(stages.reduce((sum, { seconds, from, to }) => sum + seconds * (from + to) / 2, 0));
}

/**
 * The moments at which somebody begins, in milliseconds from the start: where the area under the rate reaches the next whole number.
 *
 * @param displaced a share of the interval at that moment, -1 to 1, by which a beginning is moved; 0: as regular as the rate
 */
export function* beginningsAtMs(stages: readonly RateStage[], displaced: () => number = () => 0): Generator<number> {
  let stageStart = 0;
  let before = 0;
  let next = 1;
  for (const { seconds, from, to } of stages) {
    const area = seconds * (from + to) / 2;
    for (; next <= before + area; next++) {
      const within = timeOfArea(next - before, seconds, from, to);
      const rate = from + (to - from) * within / seconds;
      const shift = rate > 0 ? displaced() / rate : 0;
      yield Math.max(0, MS_PER_SECOND * (stageStart + within + shift));
    }
    before += area;
    stageStart += seconds;
  }
}

/** Seconds after which the area under a rate in a line is so large: the root of from·t + (to - from)·t²/2T = area. */
function timeOfArea(area: number, seconds: number, from: number, to: number): number {
  const slope = (to - from) / seconds;
  if (Math.abs(slope) < 1e-9) return area / from;
  return (Math.sqrt(Math.max(0, from * from + 2 * slope * area)) - from) / slope;
}
