/**
 * Datagrams that wait to be served, within a bound of octets for each urgency: long ones that are not urgent must not keep others out.
 *
 * @module
 */
import { URGENCIES, type Urgency } from "../ike/responder/urgency.ts";
import type { Datagram } from "../ike/steps/datagram.ts";
import type { Task, Work } from "./task.ts";

/** Octets that wait at one urgency: a full queue of what clients send. A queue of the longest datagrams would take 2 GiB. */
const WAITING_OCTETS_LIMIT = 16 << 20;

/** A datagram, how urgent it is, and when it came, in milliseconds of `performance.now()`. */
export interface WaitingDatagram {
  readonly datagram: Datagram;
  readonly urgency: Urgency;
  readonly arrivedAtMs: number;
}

export class WaitingDatagrams {
  readonly #octets: number[] = new Array<number>(URGENCIES).fill(0);

  /** Counts a datagram in, until {@link leave} counts it out. `undefined`: there is no room for it. */
  enter(datagram: Datagram, urgency: Urgency): WaitingDatagram | undefined {
    const { length } = datagram.octets;
    if (this.#octets[urgency] + length > WAITING_OCTETS_LIMIT) return undefined;
    this.#octets[urgency] += length;
    return { datagram, urgency, arrivedAtMs: performance.now() };
  }

  leave({ datagram, urgency }: WaitingDatagram): void {
    this.#octets[urgency] -= datagram.octets.length;
  }

  /** Counts those of a wave out, and returns them. The rest is put to the tasks. */
  takeOut(work: readonly Work[], tasks: Task[]): WaitingDatagram[] {
    const datagrams: WaitingDatagram[] = [];
    for (const item of work) {
      if ("begin" in item) {
        tasks.push(item);
        continue;
      }
      this.leave(item);
      datagrams.push(item);
    }
    return datagrams;
  }
}
