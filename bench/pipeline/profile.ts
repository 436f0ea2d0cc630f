/**
 * Where the processor's time goes, by samples of this thread's stack: taken in passes of their own, whose times do not count.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { type Profiler, Session } from "node:inspector";
import { fileURLToPath } from "node:url";
import type { Profile } from "./protocol.ts";

/** Microseconds between samples. */
const INTERVAL_US = 200;
const MOST_FUNCTIONS = 40;

/** A stack that stands for longer is one of a thread that had no core: it is no time of the processor's. */
const LONGEST_US = 2 * INTERVAL_US;

/** Files of the providers: whatever they call is theirs. */
const PROVIDERS = /^(bindings\/|src\/crypto\/(ts|node)\/|src\/crypto\/composed\.ts$)/;
const CODEC = /^src\/wire\//;
/** What of the bench takes part: the rest of it stands between the passes, or waits. */
const MEASURED = "bench/pipeline/memory_transport.ts";
/** Where a path within a checkout begins. */
const IN_CHECKOUT = /(?:^|\/)((?:src|bindings|bench)\/.*\.ts)$/;
/** Comments by which a bundle tells whose lines follow. */
const BUNDLED_SOURCE = /^\/\/ (\S+\.[cm]?[jt]s)$/;

export class StackSampler {
  readonly #session = new Session();
  readonly #bundles = new Map<string, readonly (readonly [line: number, source: string])[]>();

  start(): void {
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.setSamplingInterval", { interval: INTERVAL_US });
    this.#session.post("Profiler.start");
  }

  async stop(): Promise<Profile> {
    const taken = await new Promise<Profiler.Profile>((resolve, reject) =>
      this.#session.post("Profiler.stop", (error, { profile }) => error === null ? resolve(profile) : reject(error))
    );
    this.#session.disconnect();
    return this.#sumUp(taken);
  }

  #sumUp({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Profile {
    const parents = new Map<number, number>();
    for (const { id, children = [] } of nodes) for (const child of children) parents.set(child, id);
    const byId = new Map(nodes.map((node) => [node.id, node]));
    const times = new Map<number, number>();
    samples.forEach((id, index) => times.set(id, (times.get(id) ?? 0) + heldFor(timeDeltas[index + 1] ?? 0)));

    const parts = { core: 0, codec: 0, state: 0 };
    const rooms = new Map<string, number>();
    const functions = new Map<string, number>();
    let total = 0;
    for (const [id, us] of times) {
      const place = this.#placeOf(id, byId, parents);
      if (place === undefined) continue;
      total += us;
      parts[place.part] += us;
      rooms.set(place.room, (rooms.get(place.room) ?? 0) + us);
      functions.set(place.function, (functions.get(place.function) ?? 0) + us);
    }
    const share = (us: number): number => us / Math.max(1, total);
    const shares = (sums: ReadonlyMap<string, number>): [string, number][] =>
      [...sums].sort(([, one], [, other]) => other - one).map(([name, us]) => [name, share(us)]);
    return {
      samples: samples.length,
      parts: { core: share(parts.core), codec: share(parts.codec), state: share(parts.state) },
      rooms: Object.fromEntries(shares(rooms)),
      functions: Object.fromEntries(shares(functions).slice(0, MOST_FUNCTIONS)),
    };
  }

  /** `undefined`: none of the gateway's time. */
  #placeOf(
    id: number,
    byId: ReadonlyMap<number, Profiler.ProfileNode>,
    parents: ReadonlyMap<number, number>,
  ): { readonly part: "core" | "codec" | "state"; readonly room: string; readonly function: string } | undefined {
    const leaf = byId.get(id)!.callFrame;
    let nearest: string | undefined;
    let isProvider = false;
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const source = this.#sourceOf(byId.get(at)!.callFrame);
      nearest ??= source;
      isProvider ||= source !== undefined && PROVIDERS.test(source);
    }
    const name = leaf.functionName || "(anonymous)";
    if (nearest === undefined) {
      // The runtime's own: its event loop, its collector.
      return name === "(idle)" || name === "(root)"
        ? undefined
        : { part: "state", room: name.startsWith("(") ? name : "(runtime)", function: name };
    }
    if (nearest.startsWith("bench/") && nearest !== MEASURED) return undefined;
    const part = isProvider ? "core" : CODEC.test(nearest) ? "codec" : "state";
    return { part, room: nearest.slice(0, nearest.lastIndexOf("/")), function: `${name} ${nearest}` };
  }

  /** The file of a function, from the top of the checkout; `undefined`: none of it. */
  #sourceOf({ url, lineNumber }: Profiler.ProfileNode["callFrame"]): string | undefined {
    if (!url.startsWith("file:")) return undefined;
    if (url.endsWith(".ts")) return IN_CHECKOUT.exec(url)?.[1];
    const sections = this.#sectionsOf(url);
    const section = sections.findLast(([line]) => line <= lineNumber);
    return section && IN_CHECKOUT.exec(section[1])?.[1];
  }

  #sectionsOf(url: string): readonly (readonly [number, string])[] {
    let sections = this.#bundles.get(url);
    if (sections === undefined) {
      sections = readFileSync(fileURLToPath(url), "utf8").split("\n").flatMap((text, line) => {
        const source = BUNDLED_SOURCE.exec(text)?.[1];
        return source === undefined ? [] : [[line, source] as const];
      });
      this.#bundles.set(url, sections);
    }
    return sections;
  }
}

/** A sample holds until the next one. */
function heldFor(us: number): number {
  return Math.min(LONGEST_US, Math.max(0, us));
}
