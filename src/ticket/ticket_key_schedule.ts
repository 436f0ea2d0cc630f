/**
 * Which of several ticket keys seals at a moment, and when all tickets under one have expired. The rules are the same all over
 * a fleet: they look at nothing but the keys and the time.
 *
 * @module
 */
import type { TicketKey } from "./ticket_key.ts";

/** How far the clocks of gateways that share keys may lie apart, in seconds: that much longer a replaced key is kept. */
export const CLOCK_SKEW_SECONDS = 300;

/** What a key is at a moment. `opens-only`: it never seals. */
export type TicketKeyPhase = "current" | "staged" | "previous" | "opens-only";

/**
 * The key for new tickets: the one that began last; of those that began in one second the first in the list. Before any has begun it is the one
 * that begins first, and where none has a time, the first in the list. `undefined`: none of them ever seals.
 */
export function currentKeyAt(keys: readonly TicketKey[], epochSeconds: number): TicketKey | undefined {
  let latest: TicketKey | undefined;
  for (const key of keys) {
    if (hasBegun(key, epochSeconds) && (latest === undefined || beginOf(key) > beginOf(latest))) latest = key;
  }
  return latest ?? nextKeyAfter(keys, epochSeconds);
}

/** The staged key that takes its turn next: those with a time before those without. */
export function nextKeyAfter(keys: readonly TicketKey[], epochSeconds: number): TicketKey | undefined {
  let next: TicketKey | undefined;
  let untimed: TicketKey | undefined;
  for (const key of keys) {
    const from = key.activeFromEpochSeconds;
    if (from === undefined) untimed ??= key;
    else if (from > epochSeconds && from < Infinity && (next === undefined || from < beginOf(next))) next = key;
  }
  return next ?? untimed;
}

/**
 * When a key was replaced: when the next one began. `Infinity`: not before `epochSeconds`. A key that began in the same second
 * as the current one was replaced in that second.
 */
export function replacedAt(key: TicketKey, keys: readonly TicketKey[], epochSeconds: number): number {
  const current = currentKeyAt(keys, epochSeconds);
  if (key === current || current === undefined || !hasBegun(key, epochSeconds)) return Infinity;
  let replaced = Infinity;
  for (const other of keys) {
    const from = beginOf(other);
    if (from > beginOf(key) && from <= epochSeconds && from < replaced) replaced = from;
  }
  return replaced === Infinity ? beginOf(key) : replaced;
}

/**
 * The moments when keys begin, and when they are to be forgotten: `keptSeconds` after they were replaced, as known at
 * `epochSeconds`. Some lie in the past, or at `Infinity`.
 */
export function momentsOf(keys: readonly TicketKey[], epochSeconds: number, keptSeconds: number): number[] {
  // A key is forgotten only when it was replaced before that moment, not at it.
  return keys.flatMap((key) => [beginOf(key), replacedAt(key, keys, epochSeconds) + keptSeconds + 1]);
}

/** What a key is at a moment. */
export function phaseOf(key: TicketKey, keys: readonly TicketKey[], epochSeconds: number): TicketKeyPhase {
  if (key === currentKeyAt(keys, epochSeconds)) return "current";
  if (beginOf(key) === Infinity && key.activeFromEpochSeconds !== undefined) return "opens-only";
  return hasBegun(key, epochSeconds) ? "previous" : "staged";
}

function hasBegun(key: TicketKey, epochSeconds: number): boolean {
  return beginOf(key) <= epochSeconds;
}

function beginOf({ activeFromEpochSeconds }: TicketKey): number {
  return activeFromEpochSeconds ?? Infinity;
}
