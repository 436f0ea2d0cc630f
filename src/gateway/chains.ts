/**
 * Chains of a wave: messages on one IKE SA are handled in their order, one after the other, and all others side by side.
 *
 * @module
 */
import { isOnSa } from "../ike/ike_sa/spi.ts";
import type { LaneAnswers } from "../ike/lane/lane.ts";
import type { Effect } from "../ike/states/effect.ts";
import type { Datagram } from "../ike/steps/datagram.ts";
import { isThenable } from "../ike/steps/hook_faults.ts";
import type { Step } from "../ike/steps/step.ts";
import { sameOctets } from "../wire/octets.ts";
import type { WaitingDatagram } from "./waiting_datagrams.ts";
import { WaveKeys } from "./wave_keys.ts";

/**
 * First messages of one SPI among which a repeated one is sought: strangers may send a whole wave of one, and no client does.
 */
const LOOKED_AT = 4;

/** Datagrams that are handled one after the other: most often one alone. */
export type Chain = readonly WaitingDatagram[];

/** One step for each chain of a wave; `receive` makes that of one datagram. */
export function stepsOf(
  chains: readonly Chain[],
  receive: (waiting: WaitingDatagram) => Step<Effect[]>,
): Step<Effect[]>[] {
  return chains.map((chain) => chain.length === 1 ? receive(chain[0]) : inOrder(chain, receive));
}

/** Who serves several datagrams at once, of which no two are on one IKE SA, as `Responder.receiveTogether` does. */
export type Together = (datagrams: readonly Datagram[]) => LaneAnswers;

/** A wave in two parts. */
export interface DividedWave {
  /** Chains that were served together. */
  readonly taken: readonly Chain[];
  /** The effects of each of them: a promise only where a store answers later. */
  readonly answers: readonly (readonly Effect[])[] | Promise<readonly (readonly Effect[])[]>;
  /** What the steps are to serve. */
  readonly left: readonly Chain[];
}

/**
 * Has served together what can be of a wave. A datagram with others of its IKE SA in the wave is not: they are handled in their order, by one step.
 */
export function divided(chains: readonly Chain[], together: Together): DividedWave {
  const lone = chains.filter(({ length }) => length === 1);
  const { left: places, answers } = together(lone.map(([{ datagram }]) => datagram));
  if (places.length === 0 && lone.length === chains.length) return { taken: chains, answers, left: [] };
  const left = new Set(places.map((place) => lone[place]));
  const taken = lone.filter((chain) => !left.has(chain));
  return {
    taken,
    answers: isThenable(answers) ? answers.then(withoutGaps) : withoutGaps(answers),
    left: chains.filter((chain) => chain.length > 1 || left.has(chain)),
  };
}

/** Without the places of those that were left. */
function withoutGaps(answers: readonly (readonly Effect[])[]): readonly (readonly Effect[])[] {
  return answers.filter((effects) => effects !== undefined);
}

/**
 * The datagrams of a wave in chains. A first message is a chain of its own, so that a crowd that chose one SPI does not stand
 * in line. One that repeats another from the same place is left out: one answer serves both (RFC 7296, section 2.1).
 */
export function chainsOf(wave: readonly WaitingDatagram[]): Chain[] {
  const chains: WaitingDatagram[][] = [];
  ofSas.begin(wave.length);
  ofFirstMessages.begin(wave.length);
  for (let number = 0; number < wave.length; number++) {
    const waiting = wave[number];
    const { octets } = waiting.datagram;
    if (!isOnSa(octets)) {
      if (!isRepeated(number, wave)) chains.push([waiting]);
      continue;
    }
    const place = placeOf(octets, ofSas);
    const earlier = ofSas.numberAt(place);
    if (earlier >= 0) {
      chains[earlier].push(waiting);
      continue;
    }
    ofSas.put(place, octets, RESPONDER_SPI_OFFSET, chains.length);
    chains.push([waiting]);
  }
  return chains;
}

const RESPONDER_SPI_OFFSET = 8;
/** Chains of the wave by the responder's SPI, and its first messages by the initiator's. */
const ofSas = new WaveKeys();
const ofFirstMessages = new WaveKeys();

/** Where the chain of the responder's SPI is, or would be. */
function placeOf(octets: Uint8Array, keys: WaveKeys): number {
  let place = keys.home(octets, RESPONDER_SPI_OFFSET);
  while (keys.numberAt(place) >= 0 && !keys.hasSpi(place, octets, RESPONDER_SPI_OFFSET)) place = keys.after(place);
  return place;
}

function* inOrder(
  chain: readonly WaitingDatagram[],
  receive: (waiting: WaitingDatagram) => Step<Effect[]>,
): Step<Effect[]> {
  const effects: Effect[] = [];
  for (const waiting of chain) effects.push(...yield* receive(waiting));
  return effects;
}

/** Whether a first message is there already. If not, it is put there. */
function isRepeated(number: number, wave: readonly WaitingDatagram[]): boolean {
  const { datagram } = wave[number];
  const { octets } = datagram;
  let lookedAt = 0;
  let place = ofFirstMessages.home(octets, 0);
  for (; ofFirstMessages.numberAt(place) >= 0; place = ofFirstMessages.after(place)) {
    if (!ofFirstMessages.hasSpi(place, octets, 0)) continue;
    if (isSame(wave[ofFirstMessages.numberAt(place)].datagram, datagram)) return true;
    if (++lookedAt === LOOKED_AT) return false;
  }
  ofFirstMessages.put(place, octets, 0, number);
  return false;
}

function isSame(one: Datagram, other: Datagram): boolean {
  return one.remote.port === other.remote.port && one.remote.address === other.remote.address &&
    one.local.port === other.local.port && one.local.address === other.local.address &&
    sameOctets(one.octets, other.octets);
}
