/**
 * A wave of initiators, of which each has something to do: plain resumptions all together, everything else step by step, through one batch of
 * cryptography at a time.
 *
 * @module
 */
import type { ClientLane } from "../ike/client_lane/client_lane.ts";
import type { Initiator } from "../ike/initiator.ts";
import type { Effect } from "../ike/states/effect.ts";
import type { Instant } from "../ike/steps/instant.ts";
import type { Step } from "../ike/steps/step.ts";
import { isolated, runWave, type WaveServices } from "../ike/steps/wave.ts";
import { act, actInOrder, type InitiatorAction } from "./initiator_action.ts";

/** An initiator, and what it is to do: several actions one after the other. */
export interface Busy {
  readonly initiator: Initiator;
  /** `undefined`: nothing. */
  readonly chain: InitiatorAction | readonly InitiatorAction[] | undefined;
}

export interface InitiatorWaveContext {
  readonly services: WaveServices;
  /** Not given: everything goes step by step. */
  readonly lane: ClientLane | undefined;
  /** A fault of one initiator ends what that was to do, and nothing else. It must not throw. */
  readonly onFault: (fault: unknown) => undefined;
}

const NOTHING: readonly InitiatorAction[] = [];

/** The effects of each of a wave, in its order; `undefined`: a fault has ended what it was to do. */
export type WaveEffects = readonly (readonly Effect[] | undefined)[];

/** No initiator stands in it twice. A promise, unless all of it is plain. */
export function servedWave(
  wave: readonly Busy[],
  now: Instant,
  context: InitiatorWaveContext,
): WaveEffects | Promise<WaveEffects> {
  const effects: (readonly Effect[] | undefined)[] = new Array(wave.length).fill(undefined);
  const left = context.lane ? servePlain(wave, now, context.lane, context, effects) : [...wave.keys()];
  if (left.length === 0) return effects;
  const steps = left.map((place) => stepOf(wave[place], now, context));
  return runWave(steps, context.services).then((ofSteps) => {
    for (let index = 0; index < left.length; index++) effects[left[index]] = ofSteps[index];
    return effects;
  });
}

/** The places of those that are not plain, to which nothing has happened; in their order. */
function servePlain(
  wave: readonly Busy[],
  now: Instant,
  lane: ClientLane,
  { services, onFault }: InitiatorWaveContext,
  effects: (readonly Effect[] | undefined)[],
): readonly number[] {
  const left: number[] = [];
  const plain = lane.wave(services.provider, now, onFault);
  for (let place = 0; place < wave.length; place++) {
    const { initiator, chain = NOTHING } = wave[place];
    try {
      if (isAlone(chain) && chain.type === "receive") {
        if (!initiator.receiveIn(plain, chain.datagram, place)) left.push(place);
      } else {
        const begun = isAlone(chain) && chain.type === "start" ? initiator.beginIn(plain) : undefined;
        if (begun) effects[place] = begun;
        else left.push(place);
      }
    } catch (fault) {
      onFault(fault);
    }
  }
  plain.serve(effects, left);
  return left.sort((one, other) => one - other);
}

function isAlone(chain: InitiatorAction | readonly InitiatorAction[]): chain is InitiatorAction {
  return !Array.isArray(chain);
}

function stepOf(
  { initiator, chain = NOTHING }: Busy,
  now: Instant,
  { onFault }: InitiatorWaveContext,
): Step<Effect[] | undefined> {
  const step = isAlone(chain) ? act(initiator, chain, now) : actInOrder(initiator, chain, now);
  return isolated<Effect[] | undefined>(step, onFault);
}
