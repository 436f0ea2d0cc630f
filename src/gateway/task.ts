/**
 * Work of a gateway: datagrams, and what its owner and its clock ask for.
 *
 * @module
 */
import type { Effect } from "../ike/states/effect.ts";
import type { Instant } from "../ike/steps/instant.ts";
import type { Step } from "../ike/steps/step.ts";
import type { WaitingDatagram } from "./waiting_datagrams.ts";

/** A step that no datagram asked for, such as closing an SA. It runs between waves, alone. */
export interface Task {
  readonly begin: (now: Instant) => Step<Effect[]>;
  readonly done: () => void;
}

/** Has something put in line, unless it is there already: another would add nothing. `submit` calls `begun` when its turn comes. */
export function oneInLine(submit: (begun: () => void) => void): () => void {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    submit(() => isWaiting = false);
  };
}

export type Work = WaitingDatagram | Task;
