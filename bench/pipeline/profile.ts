/**
 * Where the processor's time goes, summed up from samples of a stack.
 *
 * @module
 */
import type { Profiler } from "node:inspector";
import type { Profile } from "./protocol.ts";

/** Microseconds between samples. */
export const INTERVAL_US = 200;
/** A stack that stands for longer is one of a thread that had no core: it is no time of the processor's. */
const LONGEST_US: number = 2 * INTERVAL_US;
const MOST_FUNCTIONS = 40;

/** Files of the providers: whatever they call is theirs. */
const PROVIDERS = /^(bindings\/|src\/crypto\/(ts|node)\/|src\/crypto\/composed\.ts$)/;
const CODEC = /^src\/wire\//;
/** What of the bench takes part: the rest of it stands between the passes, or waits. */
const MEASURED = "bench/pipeline/memory_transport.ts";
/** What the runtime calls a thread that does nothing. */
const NOTHING: ReadonlySet<string> = new Set(["(idle)", "(root)"]);

type CallFrame = Profiler.ProfileNode["callFrame"];

interface Place {
  readonly part: keyof Profile["parts"];
  readonly room: string;
  readonly function: string;
}

/** @param sourceOf the file of a function, from the top of the checkout; `undefined`: none of it */
export function profileOf(
  { nodes, samples = [], timeDeltas = [] }: Pick<Profiler.Profile, "nodes" | "samples" | "timeDeltas">,
  sourceOf: (callFrame: CallFrame) => string | undefined,
): Profile {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const stackOf = (id: number): CallFrame[] => {
    const stack: CallFrame[] = [];
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) stack.push(frames.get(at)!);
    return stack;
  };
  const times = new Map<number, number>();
  samples.forEach((id, index) => times.set(id, (times.get(id) ?? 0) + heldFor(timeDeltas[index + 1] ?? 0)));

  const parts = { core: 0, codec: 0, state: 0 };
  const rooms = new Map<string, number>();
  const functions = new Map<string, number>();
  let total = 0;
  for (const [id, us] of times) {
    const place = placeOf(stackOf(id), sourceOf);
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

/** Of profiles of equal work, at least one. */
export function meanProfile(profiles: readonly Profile[]): Profile {
  const mean = (recordOf: (profile: Profile) => Readonly<Record<string, number>>): [string, number][] => {
    const sums = new Map<string, number>();
    for (const profile of profiles) {
      for (const [name, share] of Object.entries(recordOf(profile))) {
        sums.set(name, (sums.get(name) ?? 0) + share / profiles.length);
      }
    }
    return [...sums].sort(([, one], [, other]) => other - one);
  };
  const parts = Object.fromEntries(mean(({ parts }) => ({ ...parts }))) as Record<keyof Profile["parts"], number>;
  return {
    samples: profiles.reduce((sum, { samples }) => sum + samples, 0),
    parts: { core: parts.core, codec: parts.codec, state: parts.state },
    rooms: Object.fromEntries(mean(({ rooms }) => rooms)),
    functions: Object.fromEntries(mean(({ functions }) => functions).slice(0, MOST_FUNCTIONS)),
  };
}

/** `undefined`: none of the gateway's time. The innermost function stands first. */
function placeOf(stack: readonly CallFrame[], sourceOf: (callFrame: CallFrame) => string | undefined): Place | undefined {
  const name = stack[0].functionName || "(anonymous)";
  const sources = stack.map(sourceOf).filter((source) => source !== undefined);
  if (sources.length === 0) {
    // The runtime's own: its event loop, its collector.
    if (NOTHING.has(name)) return undefined;
    return { part: "state", room: name.startsWith("(") ? name : "(runtime)", function: name };
  }
  const [nearest] = sources;
  if (nearest.startsWith("bench/") && nearest !== MEASURED) return undefined;
  const part = sources.some((source) => PROVIDERS.test(source)) ? "core" : CODEC.test(nearest) ? "codec" : "state";
  return { part, room: nearest.slice(0, nearest.lastIndexOf("/")), function: `${name} ${nearest}` };
}

/** A sample holds until the next one. */
function heldFor(us: number): number {
  return Math.min(LONGEST_US, Math.max(0, us));
}
