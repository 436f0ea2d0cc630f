/**
 * A gateway's worker, in its own thread: one gateway with its own core, IKE SAs and timers.
 *
 * @module
 */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { systemRandom } from "../../crypto/system_random.ts";
import type { SpiWorker } from "../../ike/ike_sa/spi_worker.ts";
import { type FamilyLeases, sharedAddressLeases } from "../../ike/policy/address_leases.ts";
import { innerAddressCounts } from "../../ike/policy/inner_address.ts";
import { loadProvider } from "../../providers/mod.ts";
import type { OpenTransport, TransportListeners } from "../../transport/transport.ts";
import { directStore } from "../../store/shared/direct_store.ts";
import { systemClock } from "../../transport/system_clock.ts";
import { Gateway } from "../gateway.ts";
import type { Counted } from "./counted.ts";
import { HandedOverTransport } from "./handed_over_transport.ts";
import { take } from "./in_flight.ts";
import { shareOf } from "./limits_share.ts";
import type { FromWorker, Steering, ToWorker, WorkerQuestion, WorkerStart } from "./messages.ts";
import { NewsOfWave } from "../domain/news_of_wave.ts";
import { DatagramPacker, unpack } from "./packed_datagrams.ts";
import { RemoteStore } from "./remote_store.ts";
import { openSteeredTransport } from "./steered_transport.ts";
import { TicketKeyRingCopy } from "./ticket_key_copies.ts";
import { isGatewayWorker } from "./is_gateway_worker.ts";
import type { GatewayWorkerOptions, MakeGatewayWorkerOptions } from "./worker_options.ts";

/** How often a worker says what it has counted: what was counted since is lost if it dies. In milliseconds. */
const COUNTERS_INTERVAL_MS = 500;

/**
 * Serves as one worker of `GatewayWorkers`: to be called by the module that was named there. Resolves when the gateway is told to end.
 *
 * @throws {Error} this is no worker of a gateway; or whatever `make` and `Gateway.listen` throw, which is then told to the main thread as well.
 */
export async function serveGatewayWorker(make: MakeGatewayWorkerOptions): Promise<void> {
  if (!isGatewayWorker() || parentPort === null) {
    throw new Error(
      "serveGatewayWorker: this is no worker of GatewayWorkers, expected to be called in the module that it names",
    );
  }
  await new WorkerService(workerData as WorkerStart, parentPort).serve(make);
}

class WorkerService {
  readonly #start: WorkerStart;
  readonly #port: MessagePort;
  readonly #worker: SpiWorker;
  readonly #remote: RemoteStore;
  readonly #news = new NewsOfWave((resumed, replaced) => this.#post({ type: "news", resumed, replaced }));
  /** Answers, where the main thread has the sockets, and else what is another worker's. */
  readonly #datagrams = new DatagramPacker();
  readonly #descriptors: number[] = [];
  readonly #steering = Promise.withResolvers<Steering>();
  /** Those of one address are as good as those of another. */
  #listeners: TransportListeners | undefined;
  readonly #ticketKeys: TicketKeyRingCopy | undefined;
  readonly #ended = Promise.withResolvers<void>();
  #options: GatewayWorkerOptions | undefined;
  #gateway: Gateway | undefined;

  constructor(start: WorkerStart, port: MessagePort) {
    this.#start = start;
    this.#port = port;
    this.#worker = { index: start.index, count: start.count };
    this.#remote = new RemoteStore((calls) => this.#post({ type: "store-calls", calls }));
    const { ticketKeys } = start;
    this.#ticketKeys = ticketKeys &&
      new TicketKeyRingCopy(ticketKeys, systemRandom, (keyId) => this.#post({ type: "ticket-keys-exhausted", keyId }));
  }

  async serve(make: MakeGatewayWorkerOptions): Promise<void> {
    const { index, count, data, addresses, port, natPort, revocation, revoked, memory } = this.#start;
    this.#port.on("message", (message: ToWorker) => this.#receive(message));
    const tell = (message: unknown) => this.#post({ type: "told", message });
    const ticketKeys = this.#ticketKeys && { ticketKeys: this.#ticketKeys };
    const options = this.#options = await make({ index, count, data, tell, ...ticketKeys });
    const provider = options.provider ?? await loadProvider("auto");
    const { innerAddresses } = options.configuration;
    this.#post({ type: "ready", innerAddresses: innerAddresses && innerAddressCounts(innerAddresses) });
    const steering = await this.#steering.promise;
    const openTransport = this.#openTransport(steering);
    const gateway = this.#gateway = await Gateway.listen({
      ...options,
      provider,
      configuration: {
        ...shareOf(options.configuration, this.#worker),
        otherWorkers: this.#news,
        innerAddresses: innerAddresses && { ...innerAddresses, leases: this.#leasesIn(steering) },
      },
      addresses,
      port,
      natPort,
      openTransport,
      store: directStore(memory, index, this.#remote),
      // The main thread's guard answers in time, whatever the store does.
      storeTimeoutMs: Infinity,
      revocation,
    });
    await Promise.all(revoked.map((what) => gateway.revoke(what)));
    const counting = setInterval(
      () => this.#post({ type: "counted", counted: countedBy(gateway) }),
      COUNTERS_INTERVAL_MS,
    );
    this.#post({
      type: "listening",
      places: gateway.local.map((local, place) => ({ local, encapsulatedLocal: gateway.encapsulatedLocal[place] })),
      ticketLifetimeSeconds: options.configuration.ticketLifetimeSeconds,
      kinds: gateway.transports,
      descriptors: this.#descriptors,
      provider: provider.name,
    });
    await this.#ended.promise;
    clearInterval(counting);
  }

  #openTransport({ places, sockets, transport }: Steering): OpenTransport {
    const misdirected = this.#datagrams;
    const flush = () => this.#flush();
    let opened = 0;
    return async (options) => {
      const place = places.at(opened++);
      this.#listeners ??= options;
      if (sockets === undefined) return new HandedOverTransport(place!, this.#datagrams, flush);
      const own = { transport, worker: this.#worker, sockets, place, misdirected, flush };
      const steered = await openSteeredTransport(options, own);
      this.#descriptors.push(...steered.descriptors ?? []);
      return steered;
    };
  }

  #leasesIn({ addressLeases }: Steering): FamilyLeases | undefined {
    return addressLeases && sharedAddressLeases(addressLeases, this.#worker.index);
  }

  #flush(): void {
    if (this.#datagrams.count === 0) return;
    const packed = this.#datagrams.take();
    this.#post({ type: "datagrams", packed }, [packed.octets.buffer]);
  }

  #receive(message: ToWorker): void {
    switch (message.type) {
      case "listen":
        this.#steering.resolve(message.steering);
        break;
      case "datagrams":
        take(this.#start.taken, message.packed.lengths.length, message.packed.octets.length);
        for (const datagram of unpack(message.packed)) this.#listeners?.onDatagram(datagram);
        this.#listeners?.onDrained?.();
        break;
      case "other":
        take(this.#start.taken, 1, message.octets.length);
        this.#listeners?.onOther?.(message.kind, message.octets, message.remote);
        break;
      case "news":
        void this.#gateway?.heardOfOthers(message.news);
        break;
      case "store-answers":
        this.#remote.answered(message.answers);
        break;
      case "ticket-keys":
        this.#ticketKeys?.replace(message.keys, systemClock().epochSeconds);
        break;
      case "question":
        void this.#answer(message.id, message.question);
        break;
    }
  }

  async #answer(id: number, question: WorkerQuestion): Promise<void> {
    try {
      this.#post({ type: "answer", id, value: await this.#valueOf(question) });
    } catch (fault) {
      this.#post({ type: "refused", id, message: fault instanceof Error ? fault.message : String(fault) });
    }
    if (question.name === "close") this.#ended.resolve();
  }

  #valueOf(question: WorkerQuestion): unknown {
    const gateway = this.#gateway;
    if (gateway === undefined) return undefined;
    switch (question.name) {
      case "deleteSa":
      case "rekeySa":
      case "checkLiveness":
        return gateway[question.name](question.spis);
      case "orderChildSa":
        return gateway.orderChildSa(question.spis, question.order);
      case "peersHeard":
        return gateway.peersHeard(question.spis);
      case "drain":
        return gateway.drain(question.draining);
      case "redirect":
        return gateway.redirect(question.clients);
      case "revoke":
        return gateway.revoke(question.what);
      case "ikeSas":
        return gateway.askIkeSas(0, question.question);
      case "counted":
        return countedBy(gateway);
      case "close":
        return gateway.close().then(() => this.#options?.onClose?.());
      case "program":
        return this.#options?.answer?.(question.question);
    }
  }

  #post(message: FromWorker, transfer: ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transfer);
  }
}

function countedBy({ counters, histograms }: Gateway): Counted {
  return { counters, histograms };
}
