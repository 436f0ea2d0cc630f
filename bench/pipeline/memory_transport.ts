/**
 * A gateway's transport in memory: hands datagrams in as they would come from a socket, and waits for the answers.
 *
 * @module
 */
import type { Datagram, Endpoint } from "../../src/ike/steps/datagram.ts";
import type { Transport, TransportOptions } from "../../src/transport/transport.ts";

/** The flag R of an IKE header (RFC 7296, section 3.1). */
const FLAGS_OFFSET = 19;
const RESPONSE_FLAG = 0x20;

export class MemoryTransport implements Transport {
  readonly local: Endpoint;
  readonly encapsulatedLocal: Endpoint;
  readonly #onDatagram: (datagram: Datagram) => void;
  #answers: Datagram[] = [];
  #expected = 0;
  #allAnswered = (): void => {};

  constructor({ address, port, natPort, onDatagram }: TransportOptions) {
    this.local = { address, port };
    this.encapsulatedLocal = { address, port: natPort };
    this.#onDatagram = onDatagram;
  }

  /** What was answered since this was last taken. */
  takeAnswers(): Datagram[] {
    const answers = this.#answers;
    this.#answers = [];
    return answers;
  }

  /** Hands in datagrams that arrive together. Resolves when each of them has its answer. */
  deliver(datagrams: readonly Datagram[]): Promise<void> {
    this.#expected += datagrams.length;
    const answered = new Promise<void>((resolve) => this.#allAnswered = resolve);
    for (const datagram of datagrams) this.#onDatagram(datagram);
    return answered;
  }

  /** A request of the gateway's own, after a client has been silent for long, is none of the answers. */
  send(datagram: Datagram): void {
    if ((datagram.octets[FLAGS_OFFSET] & RESPONSE_FLAG) === 0) return;
    this.#answers.push(datagram);
    if (--this.#expected === 0) this.#allAnswered();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
