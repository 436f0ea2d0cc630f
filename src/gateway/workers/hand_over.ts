/**
 * The main thread's sockets, where it has them: what comes is handed to the worker that it is for, and answers are sent.
 *
 * @module
 */
import { isFirstMessage, workerOfMessage } from "../../ike/ike_sa/spi_worker.ts";
import type { Datagram } from "../../ike/steps/datagram.ts";
import { openDgramTransport } from "../../transport/dgram_transport.ts";
import { endOfTurn } from "../../transport/event_loop_turn.ts";
import { IKE_PORT, NAT_PORT } from "../../transport/ports.ts";
import type { Transport } from "../../transport/transport.ts";
import type { GatewayWorkersOptions } from "./gateway_workers_options.ts";
import { DatagramPacker, type PackedDatagrams, type Place, unpack } from "./packed_datagrams.ts";
import type { WorkerThread } from "./worker_thread.ts";

export class HandOver {
  readonly #workers: readonly WorkerThread[];
  readonly #transports: Transport[] = [];
  readonly #waiting: readonly DatagramPacker[];
  #isFlushing = false;
  /** Datagrams for which their worker had no room, or that came while it was being started. */
  dropped = 0;
  /** Those of them that began an IKE SA. */
  droppedFirstMessages = 0;
  socketErrors = 0;

  constructor(workers: readonly WorkerThread[]) {
    this.#workers = workers;
    this.#waiting = workers.map(() => new DatagramPacker());
  }

  get places(): readonly Place[] {
    return this.#transports.map(({ local, encapsulatedLocal }) => ({ local, encapsulatedLocal }));
  }

  /** @throws {TransportError} an address or a port cannot be listened on. */
  async open(
    { addresses, port = IKE_PORT, natPort = NAT_PORT, openTransport = openDgramTransport }: GatewayWorkersOptions,
  ): Promise<void> {
    for (const [place, address] of addresses.entries()) {
      this.#transports.push(
        await openTransport({
          address,
          port,
          natPort,
          onDatagram: (datagram) => this.#take(datagram, place),
          onOther: (kind, octets, remote) => {
            // ESP is the first worker's affair, whoever it is of.
            const [first] = this.#workers;
            if (first.inFlight.enter(octets.length, true)) first.post({ type: "other", kind, octets, remote });
            else this.dropped++;
          },
          onDrained: () => this.#flush(),
          onError: () => this.socketErrors++,
        }),
      );
    }
  }

  /** Sends the answers of a worker. */
  answer(packed: PackedDatagrams): void {
    for (const { place, datagram } of unpack(packed, this.places)) this.#transports[place]?.send(datagram);
    for (const transport of this.#transports) transport.flush?.();
  }

  async close(): Promise<void> {
    await Promise.all(this.#transports.splice(0).map((transport) => transport.close()));
  }

  #take(datagram: Datagram, place: number): void {
    const { octets } = datagram;
    const isFirst = isFirstMessage(octets);
    const index = this.#servingWorker(workerOfMessage(octets, this.#workers.length), isFirst);
    if (index === undefined || !this.#workers[index].inFlight.enter(octets.length, isFirst)) {
      this.dropped++;
      if (isFirst) this.droppedFirstMessages++;
      return;
    }
    this.#waiting[index].add(datagram, place);
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    void endOfTurn().then(() => this.#flush());
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
