/**
 * A worker's transport where the main thread has the sockets: datagrams come and go by message.
 *
 * @module
 */
import type { Datagram, Endpoint } from "../../ike/steps/datagram.ts";
import type { Transport, TransportListeners } from "../../transport/transport.ts";
import type { DatagramPacker, Place } from "./packed_datagrams.ts";

export class HandedOverTransport implements Transport {
  readonly local: Endpoint;
  readonly encapsulatedLocal: Endpoint;
  readonly listeners: TransportListeners;
  readonly #place: number;
  readonly #answers: DatagramPacker;
  readonly #flush: () => void;
  #isClosed = false;

  /** `answers` are those of all transports of the worker; `flush` sends them. */
  constructor(
    place: number,
    places: readonly Place[],
    listeners: TransportListeners,
    answers: DatagramPacker,
    flush: () => void,
  ) {
    this.#place = place;
    ({ local: this.local, encapsulatedLocal: this.encapsulatedLocal } = places[place]);
    this.listeners = listeners;
    this.#answers = answers;
    this.#flush = flush;
  }

  send(datagram: Datagram): void {
    if (!this.#isClosed) this.#answers.add(datagram, this.#place);
  }

  flush(): void {
    this.#flush();
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }
}
