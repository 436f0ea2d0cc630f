/**
 * Datagrams that the main thread hands to their workers: those of its own sockets, where it has them, and those that one worker got for another.
 *
 * @module
 */
import { isFirstMessage, workerOfMessage } from "../../ike/ike_sa/spi_worker.ts";
import type { Datagram } from "../../ike/steps/datagram.ts";
import { endOfTurn } from "../../transport/event_loop_turn.ts";
import { type GatewayCounters, zeroCounters } from "../counters.ts";
import { GatewaySockets, type SocketOptions } from "../gateway_sockets.ts";
import { DatagramPacker, type PackedDatagrams, unpack } from "./packed_datagrams.ts";
import type { Place } from "./place.ts";
import type { WorkerThread } from "./worker_thread.ts";

/** Counters of what the main thread does with datagrams; the workers count all else. */
const COUNTED = [
  "queue_dropped_datagrams_total",
  "queue_dropped_first_messages_total",
  "socket_errors_total",
  "kernel_dropped_datagrams_total",
  "truncated_datagrams_total",
] as const;

export class HandOver {
  readonly #workers: readonly WorkerThread[];
  readonly #waiting: readonly DatagramPacker[];
  readonly #counters: GatewayCounters = zeroCounters();
  readonly #sockets: GatewaySockets;
  #hasSockets = false;
  #isFlushing = false;
  /** Datagrams that were handed to a worker. */
  handedOver = 0;

  constructor(workers: readonly WorkerThread[]) {
    this.#workers = workers;
    this.#waiting = workers.map(() => new DatagramPacker());
    this.#sockets = new GatewaySockets(this.#counters, {
      onDatagram: (datagram) => this.take(datagram),
      onOther: (kind, octets, remote) => {
        // ESP is the first worker's affair, whoever it is of.
        const [first] = this.#workers;
        if (first.inFlight.enter(octets.length, true)) first.post({ type: "other", kind, octets, remote });
        else this.#counters.queue_dropped_datagrams_total++;
      },
      onDrained: () => this.#flush(),
    });
  }

  get places(): readonly Place[] {
    return this.#sockets.local.map((local, index) => ({ local, encapsulatedLocal: this.#sockets.encapsulatedLocal[index] }));
  }

  /** The kinds of transport, in the order of `places`. */
  get kinds(): readonly string[] {
    return this.#sockets.kinds;
  }

  get counters(): Pick<GatewayCounters, typeof COUNTED[number]> {
    const counters = { ...this.#counters, ...this.#sockets.counters };
    return Object.fromEntries(COUNTED.map((name) => [name, counters[name]])) as Pick<GatewayCounters, typeof COUNTED[number]>;
  }

  /** @throws {TransportError} an address or a port cannot be listened on. */
  async open(options: SocketOptions): Promise<void> {
    this.#hasSockets = true;
    await this.#sockets.open(options);
  }

  /** A datagram goes to its worker by the end of this turn, if that has room for it. */
  take(datagram: Datagram): void {
    const { octets } = datagram;
    const isFirst = isFirstMessage(octets);
    const index = this.#servingWorker(workerOfMessage(octets, this.#workers.length), isFirst);
    if (index === undefined || !this.#workers[index].inFlight.enter(octets.length, isFirst)) {
      this.#counters.queue_dropped_datagrams_total++;
      if (isFirst) this.#counters.queue_dropped_first_messages_total++;
      return;
    }
    this.handedOver++;
    this.#waiting[index].add(datagram);
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    void endOfTurn().then(() => this.#flush());
  }

  /** Takes what a worker has sent: answers; or, where the workers have the sockets, what is another worker's. */
  takeFromWorker(packed: PackedDatagrams): void {
    if (!this.#hasSockets) return unpack(packed).forEach((datagram) => this.take(datagram));
    for (const datagram of unpack(packed)) this.#sockets.send(datagram);
    this.#sockets.flush();
  }

  close(): Promise<void> {
    return this.#sockets.close();
  }

  /** While a worker is being started, the next takes what is to begin. */
  #servingWorker(index: number, isFirst: boolean): number | undefined {
    const { length } = this.#workers;
    for (let ahead = 0; ahead < (isFirst ? length : 1); ahead++) {
      const candidate = (index + ahead) % length;
      if (this.#workers[candidate].isListening) return candidate;
    }
    return undefined;
  }

  #flush(): void {
    this.#isFlushing = false;
    for (const [index, waiting] of this.#waiting.entries()) {
      if (waiting.count === 0) continue;
      const packed = waiting.take();
      this.#workers[index].post({ type: "datagrams", packed }, [packed.octets.buffer]);
    }
  }
}
