/**
 * Where the datagrams came from that effects tell of.
 *
 * @module
 */
import type { Effect } from "../ike/states/effect.ts";
import type { Endpoint } from "../ike/steps/datagram.ts";
import type { Step } from "../ike/steps/step.ts";

/** Effects of a datagram from `remote`: those that tell of the datagram alone say so. */
export function withSource(effects: readonly Effect[], remote: Endpoint): readonly Effect[] {
  return effects.some(tellsOfDatagram)
    ? effects.map((effect) => tellsOfDatagram(effect) ? { ...effect, remote } : effect)
    : effects;
}

/** The same for what a step ends with. */
export function* stepWithSource(step: Step<Effect[]>, remote: Endpoint): Step<Effect[]> {
  return [...withSource(yield* step, remote)];
}

function tellsOfDatagram({ type }: Effect): boolean {
  return type === "dropped" || type === "ticket-refused" || type === "init-refused";
}
