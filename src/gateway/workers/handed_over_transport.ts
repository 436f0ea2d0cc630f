/**
 * A worker's transport where the main thread has the sockets: datagrams come and go by message.
 *
 * @module
 */
import type { Datagram, Endpoint } from "../../ike/steps/datagram.ts";
import { isInterfaceName } from "../../transport/local_address.ts";
import type { Transport } from "../../transport/transport.ts";
import type { DatagramPacker } from "./packed_datagrams.ts";
import type { Place } from "./place.ts";

export class HandedOverTransport implements Transport {
  readonly name = "handed over";
  readonly local: Endpoint;
  readonly encapsulatedLocal: Endpoint;
  readonly #answers: DatagramPacker;
  readonly #flush: () => void;
  #isClosed = false;

  /** `answers` are those of all transports of the worker; `flush` sends them. */
  constructor({ local, encapsulatedLocal }: Place, answers: DatagramPacker, flush: () => void) {
    this.local = local;
    this.encapsulatedLocal = encapsulatedLocal;
    this.#answers = answers;
    this.#flush = flush;
  }

  send(datagram: Datagram): void {
    if (!this.#isClosed) this.#answers.add(datagram);
  }

  /** Which addresses an interface has is known in the main thread. */
  serves(): boolean {
    return isInterfaceName(this.local.address);
  }

  flush(): void {
    this.#flush();
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }
}
