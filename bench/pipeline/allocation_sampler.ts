/**
 * What a resumption leaves to the collector of garbage, by samples of what is allocated.
 *
 * @module
 */
import { type HeapProfiler, Session } from "node:inspector";
import type { Allocations } from "./protocol.ts";
import { SourceFinder } from "./source_finder.ts";

/** Octets between samples, on average. */
const INTERVAL_OCTETS = 8_192;
const MOST_FUNCTIONS = 40;
/** Of a function that is none of a checkout's: the runtime's own are put to whoever called. */
const NOBODY = "(runtime)";
/** What of the bench takes part: the rest of it stands between the passes. */
const MEASURED = "bench/pipeline/memory_transport.ts";

export class AllocationSampler {
  readonly #session = new Session();
  readonly #sources = new SourceFinder();

  start(): void {
    this.#session.connect();
    this.#session.post("HeapProfiler.enable");
    this.#session.post(
      "HeapProfiler.startSampling",
      {
        samplingInterval: INTERVAL_OCTETS,
        // All that is allocated, whether it still lives or not. Newer than the types of the runtime's interface.
        includeObjectsCollectedByMajorGC: true,
        includeObjectsCollectedByMinorGC: true,
      } as HeapProfiler.StartSamplingParameterType,
    );
  }

  /** @param resumptions since the start */
  async stop(resumptions: number): Promise<Allocations> {
    const { head } = await new Promise<HeapProfiler.SamplingHeapProfile>((resolve, reject) =>
      this.#session.post("HeapProfiler.stopSampling", (error, { profile }) => error === null ? resolve(profile) : reject(error))
    );
    this.#session.disconnect();
    const octets = new Map<string, number>();
    this.#sumUp(head, NOBODY, octets);
    const each = [...octets].map(([name, sum]) => [name, Math.round(sum / resumptions)] as const)
      .sort(([, one], [, other]) => other - one);
    return {
      octets: each.reduce((sum, [, one]) => sum + one, 0),
      functions: Object.fromEntries(each.slice(0, MOST_FUNCTIONS)),
    };
  }

  /** @param caller the nearest function of a checkout around this one */
  #sumUp(
    { callFrame, selfSize, children }: HeapProfiler.SamplingHeapProfileNode,
    caller: string,
    octets: Map<string, number>,
  ): void {
    const source = this.#sources.sourceOf(callFrame);
    const name = source === undefined ? caller : `${callFrame.functionName || "(anonymous)"} ${source}`;
    if (!name.includes(" bench/") || name.endsWith(` ${MEASURED}`)) octets.set(name, (octets.get(name) ?? 0) + selfSize);
    for (const child of children) this.#sumUp(child, name, octets);
  }
}
