/**
 * Churn: each turn is drawn by weights.
 *
 * @module
 */
import { MIXED, type Turn, type TurnName, turnOf } from "./scenario.ts";

/** How often each comes, to the others. */
export type Mix = { readonly [Name in TurnName]?: number };

/** Mostly clients that come back, as where a network comes and goes. */
export const DEFAULT_MIX: Mix = { resume: 6, flap: 2, rekey: 1, full: 1 };

/** @throws {RangeError} what is allowed */
export function parseMix(text: string): Mix {
  const parts = text.split(",").map((part) => /^\s*([a-z]+)\s*=\s*(\d{1,6}(?:\.\d{1,3})?)\s*$/.exec(part));
  const weights = parts.map((part) => [part?.[1] ?? "", Number(part?.[2])] as const);
  const names = new Set(weights.map(([name]) => name));
  const areKnown = weights.every(([name, weight]) => (MIXED as readonly string[]).includes(name) && weight > 0);
  if (!areKnown || names.size !== weights.length) {
    throw new RangeError(`Allowed are ${MIXED.join(", ")}, each once, with weights above 0: resume=6,flap=2,full=1.`);
  }
  return Object.fromEntries(weights);
}

/** @param random from 0 to below 1 */
export function turnOfMix(mix: Mix, holdMs: number, random: () => number): Turn {
  const weights = Object.entries(mix) as [TurnName, number][];
  const sum = weights.reduce((total, [, weight]) => total + weight, 0);
  const turns = weights.map(([name, weight]) => ({ weight, turn: turnOf(name, holdMs) }));
  return (client, underWay) => {
    let left = sum * random();
    const drawn = turns.find(({ weight }) => (left -= weight) < 0) ?? turns[turns.length - 1];
    drawn.turn(client, underWay);
  };
}
