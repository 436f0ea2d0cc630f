/**
 * A gateway over several workers: threads, each with its own core, IKE SAs and timers.
 *
 * @module
 */
import { systemRandom } from "../../crypto/system_random.ts";
import { checkSpiWorker, workersOf } from "../../ike/ike_sa/spi_worker.ts";
import type { ChildOrder } from "../../ike/exchanges/create_child_sa/child_orders.ts";
import type { SpiPair } from "../../ike/ike_sa/spi.ts";
import { type AddressLeaseTables, giveBackAddresses, newAddressLeaseTables } from "../../ike/policy/address_leases.ts";
import type { Endpoint } from "../../ike/steps/datagram.ts";
import { HookFaults } from "../../ike/steps/hook_faults.ts";
import { type Identity, identityKey } from "../../ticket/identity.ts";
import { checkedKindOf } from "../../ticket/issued_ticket.ts";
import { faultWarning } from "../../transport/fault_warning.ts";
import { type Clock, systemClock } from "../../transport/system_clock.ts";
import { unlessAborted } from "../../transport/unless_aborted.ts";
import type { GatewayCounters } from "../counters.ts";
import type { GatewayHistograms } from "../gateway_histograms.ts";
import type { RevokedTickets } from "../gateway_options.ts";
import type { Draining } from "../draining.ts";
import { askAny } from "./ask_any.ts";
import { IkeSaAdministration, type IkeSaAnswer, type IkeSaQuestion } from "../ike_sa_administration.ts";
import { checkedRedirect, type RedirectedClients } from "../redirected_clients.ts";
import type { GatewayWorkersCounters, GatewayWorkersOptions } from "./gateway_workers_options.ts";
import { Domain } from "../domain/domain.ts";
import { type Counted, sumOfCounted } from "./counted.ts";
import { HandOver } from "./hand_over.ts";
import { tellWorkers } from "./news_to_workers.ts";
import type { FromWorker, ToWorker, WorkerQuestion } from "./messages.ts";
import { PortSteering } from "./port_steering.ts";
import { SharedStore } from "./shared_store.ts";
import { SharedTicketKeyRing } from "./ticket_key_copies.ts";
import { sendTicketKeys } from "./ticket_keys_to_workers.ts";
import { workerStart } from "./worker_start.ts";
import { WorkerThread } from "./worker_thread.ts";

/** A gateway of several workers that listens. Made by {@link GatewayWorkers.listen}. */
export class GatewayWorkers extends IkeSaAdministration {
  readonly #options: GatewayWorkersOptions;
  readonly #hooks: HookFaults;
  readonly #store: SharedStore;
  readonly #domain: Domain;
  readonly #ticketKeys: SharedTicketKeyRing | undefined;
  readonly #workers: readonly WorkerThread[];
  readonly #handOver: HandOver;
  readonly #steering: PortSteering;
  /** Workers open their sockets one after the other: the kernel counts these in the order in which they were bound. */
  #opening: Promise<void> = Promise.resolve();
  readonly #clock: Clock;
  /** By identity, for workers that are started later. */
  readonly #revoked = new Map<string, { readonly identity: Identity; readonly untilEpochSeconds: number }>();
  #addressLeases: AddressLeaseTables | undefined;
  #provider = "";
  #restarts = 0;

  /**
   * Starts the workers. Resolves when all of them serve.
   * @throws {RangeError} `workers` or `revocation` is out of range.
   * @throws {TransportError} an address or a port cannot be listened on.
   * @throws the reason of `signal`, if it is aborted before all of them serve.
   * @throws {GatewayWorkerError} a worker could not be started: the module does not load, or its options will not do.
   */
  static async listen(options: GatewayWorkersOptions): Promise<GatewayWorkers> {
    checkSpiWorker({ index: 0, count: options.workers });
    const gateway = new GatewayWorkers(options);
    try {
      await unlessAborted(options.signal, async () => {
        await gateway.#domain.join({
          hear: (news, teller) => tellWorkers(gateway.#workers, news, teller),
          revokeIdentityHere: (identity, until) => gateway.#revokeIdentity(identity, until),
        });
        await gateway.#steering.open();
        if (!options.signal?.aborted) await Promise.all(gateway.#workers.map((worker) => worker.start()));
      });
    } catch (error) {
      await gateway.close();
      throw error;
    }
    return gateway;
  }

  private constructor(options: GatewayWorkersOptions) {
    super(options.workers);
    this.#options = options;
    const clock = this.#clock = options.clock ?? systemClock;
    this.#hooks = new HookFaults(options.onFault ?? faultWarning("ike-resume gateway"), () => clock().monotonicMs);
    this.#store = new SharedStore(options, clock, this.#hooks);
    this.#domain = new Domain(options.store, this.#store.guarded, (fault) => this.#hooks.take("domain", fault));
    this.#ticketKeys = options.ticketKeys &&
      new SharedTicketKeyRing(
        options.ticketKeys,
        systemRandom,
        () => clock().epochSeconds,
        () => this.#ticketKeys && sendTicketKeys(this.#ticketKeys, this.#workers),
      );
    this.#workers = Array.from({ length: options.workers }, (_, index) =>
      new WorkerThread({
        module: options.module,
        argv: options.argv ?? [],
        start: (taken) => {
          const revoked = [...this.#revoked.values()];
          return workerStart({ index, taken, options, memory: this.#store.memory, revoked, ticketKeys: this.#ticketKeys });
        },
        onMessage: (message, reply) => this.#receive(message, index, reply),
        onExit: () => this.#store.left(index),
        onDied: (reason) => {
          this.#restarts++;
          this.#steering.died(index);
          if (this.#addressLeases) giveBackAddresses(this.#addressLeases, index);
          this.#hooks.call("onWorkerChange", () => options.onWorkerChange?.({ type: "worker-died", index, reason }));
        },
      }));
    this.#handOver = new HandOver(this.#workers);
    this.#steering = new PortSteering(this.#handOver, options);
  }

  /** The IKE endpoints it listens on, in the order of `addresses`. */
  get local(): readonly Endpoint[] {
    return this.#steering.places.map(({ local }) => local);
  }

  /** The UDP-encapsulation endpoints it listens on, in the order of `addresses`. */
  get encapsulatedLocal(): readonly Endpoint[] {
    return this.#steering.places.map(({ encapsulatedLocal }) => encapsulatedLocal);
  }

  /** The kinds of transport, in the order of `addresses`. */
  get transports(): readonly string[] {
    return this.#steering.kinds;
  }

  /** Who gives datagrams to their workers. */
  get steering(): "kernel" | "main" {
    return this.#steering.kind;
  }

  /** The name of the workers' provider of cryptography. */
  get provider(): string {
    return this.#provider;
  }

  /** The counters of all workers as they stand. */
  async counters(): Promise<GatewayWorkersCounters> {
    const { counters: sum } = await this.#counted();
    for (const [name, count] of Object.entries(this.#handOver.counters)) sum[name as keyof GatewayCounters] += count;
    sum.hook_faults_total += this.#hooks.total;
    return {
      ...sum,
      ...this.#store.counters,
      ...this.#domain.counters,
      worker_restarts_total: this.#restarts,
      handed_over_datagrams_total: this.#handOver.handedOver,
    };
  }

  /** The sums of all workers' histograms, and the store's, which is asked here. */
  async histograms(): Promise<GatewayHistograms> {
    return { ...(await this.#counted()).histograms, ...this.#store.histograms };
  }

  /** See `Gateway.deleteSa`. */
  override deleteSa(spis: SpiPair): Promise<void> {
    return this.#askOwners(spis, { name: "deleteSa", spis });
  }

  /** See `Gateway.orderChildSa`. */
  orderChildSa(spis: SpiPair, order: ChildOrder): Promise<void> {
    return this.#askOwners(spis, { name: "orderChildSa", spis, order });
  }

  /** See `Gateway.rekeySa`. */
  override rekeySa(spis: SpiPair): Promise<void> {
    return this.#askOwners(spis, { name: "rekeySa", spis });
  }

  /** @internal */
  override askIkeSas(worker: number, question: IkeSaQuestion): Promise<IkeSaAnswer | undefined> {
    return this.#askOne(worker, { name: "ikeSas", question }) as Promise<IkeSaAnswer | undefined>;
  }

  /** See `Gateway.checkLiveness`. */
  checkLiveness(spis: SpiPair): Promise<void> {
    return this.#askOwners(spis, { name: "checkLiveness", spis });
  }

  /** See `Gateway.peersHeard`. */
  async peersHeard(spis: readonly SpiPair[]): Promise<void> {
    await Promise.all(this.#workers.map((_, index, { length }) => {
      const theirs = spis.filter((pair) => workersOf(pair, length).includes(index));
      return theirs.length === 0 ? undefined : this.#askOne(index, { name: "peersHeard", spis: theirs });
    }));
  }

  /** See `Gateway.drain`. */
  async drain(draining: Draining): Promise<number> {
    const left = await Promise.all(this.#workers.map((_, index) => this.#askOne(index, { name: "drain", draining })));
    return left.reduce<number>((sum, count) => sum + Number(count ?? 0), 0);
  }

  /** See `Gateway.redirect`: the rate is divided among the workers. */
  async redirect(clients: RedirectedClients): Promise<void> {
    checkedRedirect(clients);
    await Promise.all(this.#workers.map((_, index) => this.#askOne(index, { name: "redirect", clients })));
  }

  /** See `Gateway.revoke`: all workers refuse it, later ones too. @throws {GatewayWorkerError} of a ticket's name: no worker serves. */
  async revoke(what: RevokedTickets): Promise<void> {
    if ("ticketId" in what) checkedKindOf(what.ticketId);
    if ("identity" in what) {
      return await this.#domain.revokeIdentity(what.identity, what.untilEpochSeconds ?? this.#clock().epochSeconds);
    }
    // The store is all workers': one that tells it is enough.
    await askAny(this.#workers, { name: "revoke", what }, "the ticket was not revoked");
  }

  /** Asks all workers what the program's `answer` answers, by worker; `undefined` of one that is being started. */
  ask(question: unknown): Promise<readonly unknown[]> {
    return Promise.all(this.#workers.map((_, index) => this.#askOne(index, { name: "program", question })));
  }

  /** Stops at once, and within two seconds whatever waits. Peers are not told, their tickets stay good for the next start. */
  override async close(): Promise<void> {
    this.#ticketKeys?.close();
    this.#domain.close();
    await this.#handOver.close();
    await Promise.all(this.#workers.map((worker) => worker.close()));
    await this.#store.settle();
  }

  async #counted(): Promise<Counted> {
    return sumOfCounted(await Promise.all(this.#workers.map((worker) => worker.counted())));
  }

  async #revokeIdentity(identity: Identity, untilEpochSeconds: number): Promise<void> {
    const what = { identity, untilEpochSeconds };
    const key = identityKey(identity);
    // What is told late takes nothing back of what was told before.
    if (untilEpochSeconds >= (this.#revoked.get(key)?.untilEpochSeconds ?? 0)) this.#revoked.set(key, what);
    await Promise.all(this.#workers.map((_, index) => this.#askOne(index, { name: "revoke", what })));
  }

  #receive(message: FromWorker, index: number, reply: (message: ToWorker) => void): void {
    const started = { type: "worker-started", index } as const;
    switch (message.type) {
      case "ready":
        if (message.innerAddresses) this.#addressLeases ??= newAddressLeaseTables(message.innerAddresses);
        this.#opening = this.#opening.then(() => this.#open(index));
        break;
      case "listening":
        this.#steering.listening(index, message);
        // Before any datagram is handed to it: what was taken back since it was started.
        for (const what of this.#revoked.values()) void this.#askOne(index, { name: "revoke", what });
        this.#provider = message.provider;
        this.#store.setTicketLifetime(message.ticketLifetimeSeconds);
        if (this.#restarts > 0) this.#hooks.call("onWorkerChange", () => this.#options.onWorkerChange?.(started));
        break;
      case "datagrams":
        this.#handOver.takeFromWorker(message.packed);
        break;
      case "store-calls":
        this.#store.answer(message.calls, (answers) => reply({ type: "store-answers", answers }));
        break;
      case "news":
        this.#domain.tell(message, index, (news) => tellWorkers(this.#workers, news, index));
        break;
      case "ticket-keys-exhausted":
        this.#ticketKeys?.exhausted(message.keyId);
        break;
      case "told":
        this.#hooks.call("onTold", () => this.#options.onTold?.(message.message, index));
        break;
    }
  }

  async #open(index: number): Promise<void> {
    const addressLeases = this.#addressLeases && { addressLeases: this.#addressLeases };
    this.#workers[index].post({ type: "listen", steering: { ...this.#steering.of(index), ...addressLeases } });
    await this.#workers[index].settled();
  }

  async #askOwners(spis: SpiPair, question: WorkerQuestion): Promise<void> {
    await Promise.all(workersOf(spis, this.#workers.length).map((index) => this.#askOne(index, question)));
  }

  /** A worker that dies takes what it was asked with it. */
  async #askOne(index: number, question: WorkerQuestion): Promise<unknown> {
    try {
      return await this.#workers[index].ask(question);
    } catch (error) {
      if (question.name !== "program") this.#hooks.take(`worker ${index}: ${question.name}`, error);
      return undefined;
    }
  }
}
