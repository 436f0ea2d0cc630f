/**
 * Chains of a wave: messages on one IKE SA are handled in their order, one after the other, and all others side by side.
 *
 * @module
 */
import { initiatorSpiIn, serialKey } from "../ike/ike_sa/spi.ts";
import type { Effect } from "../ike/states/effect.ts";
import type { Datagram } from "../ike/steps/datagram.ts";
import type { Step } from "../ike/steps/step.ts";
import { sameOctets } from "../wire/octets.ts";
import type { WaitingDatagram } from "./waiting_datagrams.ts";

/**
 * First messages of one SPI among which a repeated one is sought: strangers may send a whole wave of one, and no client does.
 */
const LOOKED_AT = 4;

/** One step for each chain of a wave; `receive` makes that of one datagram. */
export function stepsOf(
  wave: readonly WaitingDatagram[],
  receive: (waiting: WaitingDatagram) => Step<Effect[]>,
): Step<Effect[]>[] {
  return chainsOf(wave).map((chain) => chain.length === 1 ? receive(chain[0]) : inOrder(chain, receive));
}

/**
 * The datagrams of a wave in chains. A first message is a chain of its own, so that a crowd that chose one SPI does not stand
 * in line. One that repeats another from the same place is left out: one answer serves both (RFC 7296, section 2.1).
 */
export function chainsOf(wave: readonly WaitingDatagram[]): (readonly WaitingDatagram[])[] {
  const chains: WaitingDatagram[][] = [];
  const ofSa = new Map<bigint, WaitingDatagram[]>();
  const firstMessages = new Map<bigint, Datagram[]>();
  for (const waiting of wave) {
    const { datagram } = waiting;
    const key = serialKey(datagram.octets);
    const earlier = key === undefined ? undefined : ofSa.get(key);
    if (earlier) {
      earlier.push(waiting);
      continue;
    }
    if (key === undefined && isRepeated(datagram, firstMessages)) continue;
    const chain = [waiting];
    chains.push(chain);
    if (key !== undefined) ofSa.set(key, chain);
  }
  return chains;
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
function isRepeated(datagram: Datagram, firstMessages: Map<bigint, Datagram[]>): boolean {
  const key = initiatorSpiIn(datagram.octets);
  const earlier = firstMessages.get(key);
  if (earlier === undefined) {
    firstMessages.set(key, [datagram]);
    return false;
  }
  if (earlier.some((other) => isSame(other, datagram))) return true;
  if (earlier.length < LOOKED_AT) earlier.push(datagram);
  return false;
}

function isSame(one: Datagram, other: Datagram): boolean {
  return one.remote.port === other.remote.port && one.remote.address === other.remote.address &&
    one.local.port === other.local.port && one.local.address === other.local.address &&
    sameOctets(one.octets, other.octets);
}
