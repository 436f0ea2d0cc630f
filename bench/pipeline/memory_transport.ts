/**
 * A gateway's transport in memory: hands datagrams in as they would come from a socket, and waits for the answers.
 *
 * @module
 */
import type { Datagram, Endpoint } from "../../src/ike/steps/datagram.ts";
import type { Transport, TransportOptions } from "../../src/transport/transport.ts";

/** An IKE message that the gateway sent, and to whom. */
export type Answer = Pick<Datagram, "octets" | "remote">;

/** The flag R of an IKE header (RFC 7296, section 3.1). */
const FLAGS_OFFSET = 19;
const RESPONSE_FLAG = 0x20;

/** Answers are copied as they are sent, as a socket does: whoever made them may use their octets again. So many fit without more memory. */
const ANSWER_ROOM = 4 << 20;

export class MemoryTransport implements Transport {
  readonly local: Endpoint;
  readonly encapsulatedLocal: Endpoint;
  readonly #onDatagram: (datagram: Datagram) => void;
  readonly #onDrained: (() => void) | undefined;
  readonly #room = new Uint8Array(ANSWER_ROOM);
  #used = 0;
  #answers: Answer[] = [];
  #expected = 0;
  #allAnswered = (): void => {};

  constructor({ address, port, natPort, onDatagram, onDrained }: TransportOptions) {
    this.local = { address, port };
    this.encapsulatedLocal = { address, port: natPort };
    this.#onDatagram = onDatagram;
    this.#onDrained = onDrained;
  }

  /** What was answered since this was last taken: good until the next datagrams are handed in. */
  takeAnswers(): Answer[] {
    const answers = this.#answers;
    this.#answers = [];
    this.#used = 0;
    return answers;
  }

  /** Hands in datagrams that arrive together. Resolves when each of them has its answer. */
  deliver(datagrams: readonly Datagram[]): Promise<void> {
    this.#expected += datagrams.length;
    const answered = new Promise<void>((resolve) => this.#allAnswered = resolve);
    for (const datagram of datagrams) this.#onDatagram(datagram);
    this.#onDrained?.();
    return answered;
  }

  /** A request of the gateway's own, after a client has been silent for long, is none of the answers. */
  send({ octets, remote }: Datagram): void {
    if ((octets[FLAGS_OFFSET] & RESPONSE_FLAG) === 0) return;
    this.#answers.push({ remote, octets: this.#copyOf(octets) });
    if (--this.#expected === 0) this.#allAnswered();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #copyOf(octets: Uint8Array): Uint8Array {
    const start = this.#used;
    if (start + octets.length > ANSWER_ROOM) return octets.slice();
    this.#room.set(octets, start);
    this.#used += octets.length;
    return this.#room.subarray(start, this.#used);
  }
}
