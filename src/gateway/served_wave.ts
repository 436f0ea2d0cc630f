/**
 * A wave of datagrams, served: what is plain in the lane, and all else by steps.
 *
 * @module
 */
import type { Responder } from "../ike/responder.ts";
import { laterOf } from "../ike/lane/lane_context.ts";
import type { AnsweredLater } from "../ike/policy/later_answers.ts";
import { Urgency } from "../ike/responder/urgency.ts";
import type { Effect } from "../ike/states/effect.ts";
import type { SetAside } from "../ike/steps/awaited.ts";
import { isThenable } from "../ike/steps/hook_faults.ts";
import type { Instant } from "../ike/steps/instant.ts";
import type { Step } from "../ike/steps/step.ts";
import { isolated, runWave, type WaveServices } from "../ike/steps/wave.ts";
import { stepWithSource, withSource } from "./effect_source.ts";
import { type Chain, chainsOf, divided, type DividedWave, stepsOf } from "./chains.ts";
import type { WaitingDatagram } from "./waiting_datagrams.ts";

/** Who serves waves, and with what. */
export interface WaveServer {
  readonly responder: Responder;
  readonly services: WaveServices;
  /** Plain resumptions are served together. */
  readonly hasLane: boolean;
  /** One datagram's fault is no other's. Must not throw. */
  readonly onFault: (fault: unknown) => void;
  /** Takes steps that wait for what the program or another thread has promised. Not given: their wave waits. */
  readonly setAside?: SetAside<Effect[]>;
}

/** The effects of each IKE SA, and of each first message: a promise only where steps run or a store answers later. */
export type WaveAnswers = readonly (readonly Effect[])[] | Promise<readonly (readonly Effect[])[]>;

/**
 * Serves a wave. Messages on IKE SAs that do not exist come last: one may be the first on an IKE SA that another message of the wave makes, as the
 * answer to a rekeying of the gateway's does (RFC 7296, section 2.8).
 *
 * Never throws or rejects: what belongs to no one datagram, and so is a mistake of this program, ends this wave and nothing else.
 */
export function servedWave(wave: readonly WaitingDatagram[], now: Instant, server: WaveServer): WaveAnswers {
  const whenLost = (fault: unknown) => {
    server.onFault(fault);
    return [];
  };
  try {
    const answers = strayLast(wave, now, server);
    return isThenable(answers) ? answers.then((told) => told, whenLost) : answers;
  } catch (fault) {
    return whenLost(fault);
  }
}

function strayLast(wave: readonly WaitingDatagram[], now: Instant, server: WaveServer): WaveAnswers {
  const isStray = ({ urgency, datagram }: WaitingDatagram) =>
    urgency === Urgency.STRAY && server.responder.urgencyOf(datagram.octets) === Urgency.STRAY;
  const strays = wave.filter(isStray);
  if (strays.length === 0 || strays.length === wave.length) return servedTogether(wave, now, server);
  const last = new Set(strays);
  return servedInTurn([wave.filter((waiting) => !last.has(waiting)), strays], now, server);
}

async function servedInTurn(
  waves: readonly (readonly WaitingDatagram[])[],
  now: Instant,
  server: WaveServer,
): Promise<(readonly Effect[])[]> {
  const answers: (readonly Effect[])[] = [];
  for (const wave of waves) answers.push(...await servedTogether(wave, now, server));
  return answers;
}

function servedTogether(wave: readonly WaitingDatagram[], now: Instant, server: WaveServer): WaveAnswers {
  const { responder, services } = server;
  const startMs = performance.now();
  const { answers: ofLane, left, taken } = dividedWave(wave, now, server);
  const bySteps: BySteps = (chains, asked) => {
    const receive = (waiting: WaitingDatagram) => {
      const { datagram, arrivedAtMs } = waiting;
      const step = responder.receive(datagram, now, startMs - arrivedAtMs, asked?.get(waiting));
      return tolerant(stepWithSource(step, datagram.remote), server);
    };
    return runWave(stepsOf(chains, receive), services, server.setAside);
  };
  const answers = withLater(taken, laneWithSource(taken, ofLane), bySteps);
  if (left.length === 0) return answers;
  // Where a store answers later, the steps need not wait for it.
  const ofSteps = bySteps(left);
  return isThenable(answers)
    ? Promise.all([answers, ofSteps]).then((both) => both.flat())
    : ofSteps.then((steps) => [...answers, ...steps]);
}

function laneWithSource(taken: readonly Chain[], answers: WaveAnswers): WaveAnswers {
  if (isThenable(answers)) return answers.then((told) => laneWithSource(taken, told));
  return answers.map((effects, place) => laterOf(effects) ? effects : withSource(effects, taken[place][0].datagram.remote));
}

/** `asked`: what policy has answered later about some of them. */
type BySteps = (
  chains: readonly Chain[],
  asked?: ReadonlyMap<WaitingDatagram, AnsweredLater>,
) => Promise<(readonly Effect[])[]>;

/** Where the lane found that policy answers later, nothing has happened: the steps, which can wait, serve the message after all. */
function withLater(
  taken: readonly Chain[],
  answers: WaveAnswers,
  bySteps: BySteps,
): WaveAnswers {
  if (isThenable(answers)) return answers.then((told) => withLater(taken, told, bySteps));
  let asked: Map<WaitingDatagram, AnsweredLater> | undefined;
  for (let place = 0; place < answers.length; place++) {
    const later = laterOf(answers[place]);
    if (later) (asked ??= new Map()).set(taken[place][0], later);
  }
  if (asked === undefined) return answers;
  const chains = taken.filter(([waiting]) => asked.has(waiting));
  return bySteps(chains, asked).then((ofSteps) => [...answers.filter((effects) => !laterOf(effects)), ...ofSteps]);
}

/** A step that nobody's datagram asked for. */
export async function servedAlone(step: Step<Effect[]>, server: WaveServer): Promise<Effect[]> {
  return (await runWave([tolerant(step, server)], server.services, server.setAside))[0];
}

function dividedWave(
  wave: readonly WaitingDatagram[],
  now: Instant,
  { responder, services, hasLane, onFault }: WaveServer,
): DividedWave {
  const chains = chainsOf(wave);
  if (!hasLane) return { taken: [], answers: [], left: chains };
  const whenFaulty = (fault: unknown) => {
    onFault(fault);
    return [];
  };
  return divided(chains, (datagrams) => responder.receiveTogether(datagrams, now, services, whenFaulty));
}

function tolerant(step: Step<Effect[]>, { onFault }: WaveServer): Step<Effect[]> {
  return isolated(step, (fault) => {
    onFault(fault);
    return [];
  });
}
