/**
 * Changes that an operator makes to a list of ticket keys: stage, activate, rotate, remove. Each gives a new list, and leaves
 * the old one as it was.
 *
 * @module
 */
import type { RandomSource } from "../crypto/key_exchange.ts";
import { makeTicketKey, type TicketAlgorithm, type TicketKey, ticketKeyName } from "./ticket_key.ts";
import { checkTicketKeySchedule } from "./ticket_key_policy.ts";
import { CLOCK_SKEW_SECONDS, currentKeyAt, nextKeyAfter, phaseOf, replacedAt } from "./ticket_key_schedule.ts";

/** A change cannot be made: why, and what can. */
export class TicketKeyChangeError extends Error {
  override readonly name = "TicketKeyChangeError";
}

/** What every change looks at. */
export interface TicketKeyChange {
  readonly nowEpochSeconds: number;
  /** The longest lifetime of a ticket. */
  readonly ticketLifetimeSeconds: number;
}

/**
 * Adds a new key that opens tickets at once, and seals them from a moment on, or after a command.
 *
 * @throws {TicketKeyChangeError} the moment comes too soon after another key's (RFC 5723, section 6.2).
 */
export function stageTicketKey(
  keys: readonly TicketKey[],
  random: RandomSource,
  algorithm: TicketAlgorithm,
  activeFromEpochSeconds: number | undefined,
  change: TicketKeyChange,
): TicketKey[] {
  const key = { ...makeTicketKey(random, change.nowEpochSeconds, algorithm), activeFromEpochSeconds };
  return checked([...keys, key], change);
}

/**
 * Lets a staged key seal from a moment on, which may be now.
 *
 * @param name Its identity in hexadecimal; `undefined`: the one that is next.
 * @throws {TicketKeyChangeError} no such key is staged, or the moment comes too soon after another key's.
 */
export function activateTicketKey(
  keys: readonly TicketKey[],
  name: string | undefined,
  activeFromEpochSeconds: number,
  change: TicketKeyChange,
): TicketKey[] {
  const { nowEpochSeconds } = change;
  const key = name === undefined ? nextKeyAfter(keys, nowEpochSeconds) : keyNamed(keys, name);
  if (key === undefined || phaseOf(key, keys, nowEpochSeconds) !== "staged") {
    throw new TicketKeyChangeError(name === undefined ? "no key is staged: stage one first" : `key ${name} is not staged`);
  }
  // In front: of keys that begin in one second the first in the list is the current one.
  const activated = [{ ...key, activeFromEpochSeconds }, ...keys.filter((other) => other !== key)];
  return checked(activated, change);
}

/**
 * One turn of the ring, for a timer: the staged key becomes the current one, a new one is staged after it, and keys whose tickets have all expired
 * go. Each key so has one whole turn to reach every gateway before it seals. Without a staged key a new one seals at once.
 */
export function rotateTicketKeys(
  keys: readonly TicketKey[],
  random: RandomSource,
  algorithm: TicketAlgorithm,
  change: TicketKeyChange,
): TicketKey[] {
  const { nowEpochSeconds } = change;
  const turned = nextKeyAfter(keys, nowEpochSeconds) === undefined
    ? [makeTicketKey(random, nowEpochSeconds, algorithm), ...keys]
    : activateTicketKey(keys, undefined, nowEpochSeconds, change);
  const ready = nextKeyAfter(turned, nowEpochSeconds) === undefined
    ? stageTicketKey(turned, random, algorithm, undefined, change)
    : turned;
  return withoutExpired(ready, change);
}

/**
 * Takes a key away at once: tickets under it are refused from then on.
 *
 * @throws {TicketKeyChangeError} there is no such key, or it is the current one.
 */
export function removeTicketKey(keys: readonly TicketKey[], name: string, { nowEpochSeconds }: TicketKeyChange): TicketKey[] {
  const key = keyNamed(keys, name);
  if (key === undefined) throw new TicketKeyChangeError(`there is no key ${name}`);
  if (key === currentKeyAt(keys, nowEpochSeconds)) {
    throw new TicketKeyChangeError(`key ${name} is the current one: rotate first, then remove it`);
  }
  return keys.filter((other) => other !== key);
}

function withoutExpired(keys: readonly TicketKey[], { nowEpochSeconds, ticketLifetimeSeconds }: TicketKeyChange): TicketKey[] {
  const keptFrom = nowEpochSeconds - ticketLifetimeSeconds - CLOCK_SKEW_SECONDS;
  return keys.filter((key) => replacedAt(key, keys, nowEpochSeconds) >= keptFrom);
}

function keyNamed(keys: readonly TicketKey[], name: string): TicketKey | undefined {
  return keys.find(({ keyId }) => ticketKeyName(keyId) === name.toLowerCase());
}

function checked(keys: TicketKey[], { nowEpochSeconds, ticketLifetimeSeconds }: TicketKeyChange): TicketKey[] {
  try {
    checkTicketKeySchedule(keys, nowEpochSeconds, ticketLifetimeSeconds);
  } catch (error) {
    throw new TicketKeyChangeError(error instanceof Error ? error.message : String(error));
  }
  return keys;
}
