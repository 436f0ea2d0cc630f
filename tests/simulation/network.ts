/**
 * A network in memory with its own clock: loses, doubles, delays and so reorders datagrams, all decided by a seed.
 *
 * @module
 */
import type { Datagram, Endpoint } from "../../src/ike/steps/datagram.ts";
import { SeededRandom } from "./seeded_random.ts";

export interface NetworkConditions {
  /** Chance from 0 to 1 that a datagram is lost. */
  readonly loss: number;
  /** Chance that it arrives twice. */
  readonly duplication: number;
  /** Each copy takes between these two, drawn evenly: unequal ones reorder. */
  readonly minimumDelayMs: number;
  readonly maximumDelayMs: number;
}

export const PERFECT: NetworkConditions = { loss: 0, duplication: 0, minimumDelayMs: 1, maximumDelayMs: 1 };

/** What stands between the ends: `undefined` swallows the datagram. */
export type Interference = (datagram: Datagram) => Datagram | Datagram[] | undefined;

interface Arrival {
  readonly atMs: number;
  readonly order: number;
  readonly datagram: Datagram;
}

/** Datagrams under way, as their receivers will see them. */
export class Network {
  nowMs = 0;
  conditions: NetworkConditions;
  /** Sees every datagram as it is sent; may change, multiply or swallow it. */
  interference: Interference = (datagram) => datagram;
  /** Everything that was sent, before loss. */
  readonly sent: Datagram[] = [];
  readonly #random: SeededRandom;
  readonly #underway: Arrival[] = [];
  #order = 0;

  constructor(seed: number, conditions: NetworkConditions) {
    this.#random = new SeededRandom(seed);
    this.conditions = conditions;
  }

  /** When the next datagram arrives. */
  get nextArrivalMs(): number | undefined {
    return this.#underway.reduce<number | undefined>(
      (least, { atMs }) => least === undefined || atMs < least ? atMs : least,
      undefined,
    );
  }

  send(datagram: Datagram): void {
    this.sent.push(datagram);
    const passed = this.interference(datagram);
    if (passed === undefined) return;
    for (const copy of Array.isArray(passed) ? passed : [passed]) this.#launch(copy);
  }

  /** Puts a datagram on the way as if `remote` had been its sender; not subject to interference. */
  inject(octets: Uint8Array, from: Endpoint, to: Endpoint, encapsulated = false): void {
    this.#launch({ octets, local: from, remote: to, encapsulated });
  }

  /** Takes out what has arrived by now, in order of arrival, each as its receiver sees it. */
  arrivals(): Datagram[] {
    const arrived = this.#underway.filter(({ atMs }) => atMs <= this.nowMs).sort((a, b) =>
      a.atMs - b.atMs || a.order - b.order
    );
    for (const arrival of arrived) this.#underway.splice(this.#underway.indexOf(arrival), 1);
    return arrived.map(({ datagram: { octets, local, remote, encapsulated } }) => ({
      // A receiver owns its octets: a copy shows whether an end changes, or relies on, what it has sent.
      octets: octets.slice(),
      local: remote,
      remote: local,
      encapsulated,
    }));
  }

  #launch(datagram: Datagram): void {
    const { loss, duplication, minimumDelayMs, maximumDelayMs } = this.conditions;
    if (this.#random.number() < loss) return;
    const copies = this.#random.number() < duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const atMs = this.nowMs + minimumDelayMs + this.#random.number() * (maximumDelayMs - minimumDelayMs);
      this.#underway.push({ atMs, order: this.#order++, datagram });
    }
  }
}
