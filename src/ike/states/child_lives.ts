/**
 * How long Child SAs live: by time, by octets and by packets; what takes their place, and what is done with those that it took.
 *
 * @module
 */
import type { ChildSa } from "../child_sa/child_sa.ts";
import type { ChildSaRules } from "../policy/child_sa_rules.ts";
import type { Instant } from "../steps/instant.ts";
import { affairsOf, type ChildAffairs, type ChildLife, childSaOf, isReplaced, NO_AFFAIRS, withTask } from "./child_affairs.ts";
import type { Established } from "./established.ts";

/** How long a Child SA whose place another has taken waits for its DELETE: then this end deletes it, whoever ought to have done so. */
const REPLACED_MS = 60_000;

/** What a Child SA has carried since it came up, as the program that runs ESP counts, both directions together. */
export interface ChildSaUse {
  /** Names the Child SA on its IKE SA: the SPI of its inbound direction. */
  readonly inboundSpi: number;
  /** Not given: nobody counts them. */
  readonly octets?: number;
  /** Not given: nobody counts them. */
  readonly packets?: number;
}

/** When a Child SA that comes up now is to be rekeyed, and when it ends; `undefined`: time sets it no limit. */
function newLife(
  inboundSpi: number,
  { lifetimeSeconds, renewal }: ChildSaRules,
  now: Instant,
): ChildLife | undefined {
  if (lifetimeSeconds === undefined) return undefined;
  const lifetimeMs = 1_000 * lifetimeSeconds;
  return {
    inboundSpi,
    rekeyAtMs: now.monotonicMs + lifetimeMs * softPart(inboundSpi, renewal),
    endsAtMs: now.monotonicMs + lifetimeMs,
  };
}

/** The affairs of an IKE SA that comes up with its first Child SA; `undefined`: there are none. */
export function firstAffairs(
  childSa: ChildSa | undefined,
  rules: ChildSaRules,
  now: Instant,
  rekeyIkeSaAtMs?: number,
): ChildAffairs | undefined {
  const life = childSa && newLife(childSa.inboundSpi, rules, now);
  if (life === undefined && rekeyIkeSaAtMs === undefined) return undefined;
  return withRekeying({ ...NO_AFFAIRS, lives: life ? [life] : [] }, rekeyIkeSaAtMs);
}

/** The same affairs, with another moment for the rekeying of the IKE SA. */
export function withRekeying(
  { rekeyIkeSaAtMs: _, ...affairs }: ChildAffairs,
  rekeyIkeSaAtMs: number | undefined,
): ChildAffairs {
  return rekeyIkeSaAtMs === undefined ? affairs : { ...affairs, rekeyIkeSaAtMs };
}

/** The same IKE SA with one Child SA more. */
export function withChildSa(
  state: Established,
  childSa: ChildSa,
  rules: ChildSaRules,
  now: Instant,
): Established {
  const childSas = [...state.childSas, childSa];
  const life = newLife(childSa.inboundSpi, rules, now);
  if (life === undefined) return { ...state, childSas };
  const affairs = affairsOf(state);
  return { ...state, childSas, children: { ...affairs, lives: [...affairs.lives, life] } };
}

/** Another has taken the place of a Child SA: it receives until its DELETE, and for a minute at most. */
export function withReplaced(state: Established, inboundSpi: number, now: Instant): Established {
  if (childSaOf(state, inboundSpi) === undefined || isReplaced(state, inboundSpi)) return state;
  const affairs = affairsOf(state);
  const life = { inboundSpi, rekeyAtMs: Infinity, endsAtMs: now.monotonicMs + REPLACED_MS };
  return {
    ...state,
    children: {
      ...affairs,
      replaced: [...affairs.replaced, inboundSpi],
      lives: [...affairs.lives.filter((one) => one.inboundSpi !== inboundSpi), life],
    },
  };
}

/** The time of some Child SAs has come: what is to be asked for because of that. */
export function withDueTasks(state: Established, { monotonicMs }: Instant): Established {
  let next = state;
  for (const life of affairsOf(state).lives) {
    const { inboundSpi } = life;
    if (life.endsAtMs <= monotonicMs) {
      next = withTask(next, { kind: "delete", inboundSpis: [inboundSpi], notBeforeMs: monotonicMs, failures: 0 });
      next = withLife(next, { inboundSpi, rekeyAtMs: Infinity, endsAtMs: Infinity });
    } else if (life.rekeyAtMs <= monotonicMs) {
      next = withTask(next, { kind: "rekey", inboundSpi, notBeforeMs: monotonicMs, failures: 0 });
      next = withLife(next, { ...life, rekeyAtMs: Infinity });
    }
  }
  return next;
}

/** A Child SA has carried so much: whether it is time to rekey it, or to end it. Those that are not there, or had their place taken, are passed over. */
export function withUse(
  state: Established,
  { inboundSpi, octets = 0, packets = 0 }: ChildSaUse,
  { lifetimeOctets = Infinity, lifetimePackets = Infinity, renewal }: ChildSaRules,
  { monotonicMs }: Instant,
): Established {
  if (childSaOf(state, inboundSpi) === undefined || isReplaced(state, inboundSpi)) return state;
  const part = Math.max(octets / lifetimeOctets, packets / lifetimePackets);
  if (!(part >= softPart(inboundSpi, renewal))) return state;
  const life = affairsOf(state).lives.find((one) => one.inboundSpi === inboundSpi) ??
    { inboundSpi, rekeyAtMs: monotonicMs, endsAtMs: Infinity };
  if (part >= 1) return withLife(state, { ...life, endsAtMs: Math.min(life.endsAtMs, monotonicMs) });
  // Once: a life without a moment for it is being rekeyed already, or its rekeying failed.
  const isAsked = life.rekeyAtMs === Infinity;
  return isAsked ? state : withLife(state, { ...life, rekeyAtMs: Math.min(life.rekeyAtMs, monotonicMs) });
}

function withLife(state: Established, life: ChildLife): Established {
  const affairs = affairsOf(state);
  const others = affairs.lives.filter(({ inboundSpi }) => inboundSpi !== life.inboundSpi);
  return { ...state, children: { ...affairs, lives: [...others, life] } };
}

/** Each Child SA has its own part, which its SPI decides: a random number, and another one at each end. */
function softPart(inboundSpi: number, [least, most]: ChildSaRules["renewal"]): number {
  return least + (most - least) * (inboundSpi & 0xffff) / 0xffff;
}
