/**
 * A responder on UDP: drains its sockets into waves, runs each wave through one batch of cryptography, and sends the answers
 * together.
 *
 * @module
 */
import type { ChildOrder } from "../ike/exchanges/create_child_sa/child_orders.ts";
import type { SpiPair } from "../ike/ike_sa/spi.ts";
import type { NewsOfWorkers } from "../ike/policy/other_workers.ts";
import { Responder } from "../ike/responder.ts";
import { URGENCIES } from "../ike/responder/urgency.ts";
import type { Effect } from "../ike/states/effect.ts";
import type { Endpoint } from "../ike/steps/datagram.ts";
import { contain, type HookFaults, isThenable } from "../ike/steps/hook_faults.ts";
import type { Instant } from "../ike/steps/instant.ts";
import type { Step } from "../ike/steps/step.ts";
import { within } from "../store/patience.ts";
import { checkedKindOf } from "../ticket/issued_ticket.ts";
import type { Identity } from "../ticket/identity.ts";
import { DeadlineTimer } from "../transport/deadline_timer.ts";
import type { Clock } from "../transport/system_clock.ts";
import { unlessAborted } from "../transport/unless_aborted.ts";
import { WaveScheduler, WIDEST_WAVE } from "../transport/wave_scheduler.ts";
import { putInLine } from "./arrivals.ts";
import { drained, type Draining } from "./draining.ts";
import { countEffect, countersOf, type GatewayCounters, zeroCounters } from "./counters.ts";
import type { GatewayOptions, RevokedTickets } from "./gateway_options.ts";
import { type GatewayParts, partsOf } from "./gateway_parts.ts";
import type { GatewayHistograms } from "./gateway_histograms.ts";
import { GatewaySockets } from "./gateway_sockets.ts";
import { askedInTurn, IkeSaAdministration, type IkeSaAnswer, type IkeSaQuestion } from "./ike_sa_administration.ts";
import { checkedRedirect, type RedirectedClients } from "./redirected_clients.ts";
import { servedAlone, servedWave, type WaveAnswers, type WaveServer } from "./served_wave.ts";
import { StepsAside } from "./steps_aside.ts";
import { oneInLine, type Task, type Work } from "./task.ts";
import { WaitingDatagrams } from "./waiting_datagrams.ts";

export type { GatewayOptions } from "./gateway_options.ts";

/** How long closing waits for a wave that waits for a store, and for what is still to be written there, in milliseconds. */
const CLOSE_PATIENCE_MS = 700;

/** A gateway that listens. Made by {@link Gateway.listen}. */
export class Gateway extends IkeSaAdministration {
  readonly #responder: Responder;
  readonly #server: WaveServer;
  readonly #parts: GatewayParts;
  readonly #clock: Clock;
  readonly #onEffect: ((effect: Effect) => void) | undefined;
  readonly #hooks: HookFaults;
  readonly #scheduler: WaveScheduler<Work>;
  readonly #timer: DeadlineTimer;
  readonly #sockets: GatewaySockets;
  readonly #counters = zeroCounters();
  readonly #waiting = new WaitingDatagrams();
  readonly #aside: StepsAside;
  #isClosing = false;

  /**
   * Starts a gateway.
   *
   * @throws {RangeError} `revocation` or `policyTimeoutMs` is out of range.
   * @throws {TransportError} an address or a port cannot be listened on.
   * @throws {ProviderError} no provider was given and none loads.
   * @throws the reason of `signal`, if it is aborted before the gateway listens.
   */
  static async listen(options: GatewayOptions): Promise<Gateway> {
    const parts = await partsOf(options);
    const gateway = new Gateway(options, parts);
    try {
      await unlessAborted(options.signal, async () => {
        await parts.domain.join({
          hear: (news) => gateway.heardOfOthers(news),
          revokeIdentityHere: (...revoked) => gateway.#revokeIdentity(...revoked),
        });
        await gateway.#sockets.open(options);
      });
    } catch (error) {
      await gateway.close();
      throw error;
    }
    return gateway;
  }

  private constructor(options: GatewayOptions, parts: GatewayParts) {
    super(1);
    const { clock, hooks, onFault, services, durations } = this.#parts = parts;
    this.#hooks = hooks;
    const configuration = parts.domain.configurationOf(options);
    const onHookFault = (hook: string, fault: unknown) => hooks.take(hook, fault);
    this.#responder = new Responder(configuration, services.random, { onHookFault, cameUp: durations.cameUp });
    options.configuration.ticketKeys.onKeyMadeFault ??= (fault) => hooks.take("onKeyMade", fault);
    this.#clock = clock;
    this.#onEffect = options.onEffect;
    const whenFaulty = (fault: unknown) => {
      this.#counters.wave_faults_total++;
      contain(() => onFault(fault), (ofHook) => hooks.take("onFault", ofHook));
    };
    this.#aside = new StepsAside(options.policyTimeoutMs, (step) => void this.#perform(() => step));
    this.#server = {
      responder: this.#responder,
      services,
      hasLane: options.lane !== false && services.provider.name === "wasm",
      onFault: whenFaulty,
      setAside: this.#aside.take,
    };
    this.#scheduler = new WaveScheduler({
      serve: (wave) => this.#serve(wave),
      onFault: whenFaulty,
      lanes: URGENCIES,
      widestWave: WIDEST_WAVE,
      drain: () => this.#sockets.drain(),
    });
    const line = { responder: this.#responder, scheduler: this.#scheduler, waiting: this.#waiting, counters: this.#counters };
    this.#sockets = new GatewaySockets(this.#counters, {
      onDatagram: (datagram) => putInLine(datagram, line),
      onDrained: () => this.#scheduler.begin(),
      onOther: (kind, octets, remote) => hooks.call("onOther", () => options.onOther?.(kind, octets, remote)),
    });
    this.#timer = new DeadlineTimer(clock, oneInLine((begun) => void this.#perform((now) => this.#timeOut(now, begun))));
  }

  /** The IKE endpoints it listens on, in the order of `addresses`. */
  get local(): readonly Endpoint[] {
    return this.#sockets.local;
  }

  /** The UDP-encapsulation endpoints it listens on, in the order of `addresses`. */
  get encapsulatedLocal(): readonly Endpoint[] {
    return this.#sockets.encapsulatedLocal;
  }

  /** The transports it uses, `batched` or `dgram`, in the order of `addresses`; "given" for one that a program gave without a name. */
  get transports(): readonly string[] {
    return this.#sockets.kinds;
  }

  /** A copy of the counters as they stand. */
  get counters(): GatewayCounters {
    const others = { ...this.#parts.store.counters, ...this.#sockets.counters, ...this.#parts.domain.counters };
    const lines = { queue_waiting: this.#scheduler.waiting, steps_set_aside: this.#aside.count };
    return { ...this.#counters, ...countersOf(this.#responder), ...others, ...lines, hook_faults_total: this.#hooks.total };
  }

  /** How long things took since it was started. */
  get histograms(): GatewayHistograms {
    return this.#parts.durations.histograms;
  }

  /** IKE SAs that are established. */
  get establishedCount(): number {
    return this.#responder.establishedCount;
  }

  /** IKE SAs whose client has not proven itself yet. */
  get halfOpenCount(): number {
    return this.#responder.halfOpenCount;
  }

  /** Sends DELETE for one IKE SA (RFC 7296, section 1.4.1). Resolves when it is sent, not when it is answered. */
  override deleteSa(spis: SpiPair): Promise<void> {
    return this.#perform((now) => this.#responder.close(spis, now));
  }

  /** Offers a client a new IKE SA in place of one (RFC 7296, section 2.8): an `ike-sa-rekeyed` or `ike-sa-rekey-failed` effect tells what came of it. */
  override rekeySa(spis: SpiPair): Promise<void> {
    return this.#perform((now) => this.#responder.rekey(spis, now));
  }

  /** @internal */
  override askIkeSas(_list: number, question: IkeSaQuestion): Promise<IkeSaAnswer | undefined> {
    return askedInTurn(this.#responder.administration.list, question, (begin) => this.#perform(begin));
  }

  /** Makes, rekeys or deletes a Child SA, or takes note of what it has carried. Resolves when that is begun; effects tell what came of it. */
  orderChildSa(spis: SpiPair, order: ChildOrder): Promise<void> {
    return this.#perform((now) => this.#responder.orderChildSa(spis, order, now));
  }

  /** Asks whether a peer still lives (RFC 7296, section 2.4), as soon as `livenessChecksPerSecond` allows: a `peer-alive` or an `ike-sa-down` effect. */
  checkLiveness(spis: SpiPair): Promise<void> {
    return this.#perform((now) => this.#responder.checkLiveness(spis, now));
  }

  /** For who runs ESP, in every half of `livenessSeconds`: authentic packets of these clients came, who need not be asked whether they live. */
  peersHeard(spis: readonly SpiPair[]): Promise<void> {
    return this.#perform((now) => this.#responder.peersHeard(spis, now));
  }

  /** Leaves: who comes is sent to another gateway, or gets no answer, and who is up is told to go there. Resolves with how many have not gone. */
  drain(draining: Draining): Promise<number> {
    return drained(draining, this, (to) => this.#responder.leave(to));
  }

  /** Tells clients, `redirectsPerSecond` of them, to go to another gateway: `client-redirected` effects tell who has heard of it. */
  async redirect(clients: RedirectedClients): Promise<void> {
    const { who, to } = checkedRedirect(clients);
    return await this.#perform((now) => this.#responder.administration.redirect(who, to, now));
  }

  /** @internal Other workers of the same gateway took clients back by tickets of IKE SAs, or let some in alone of their identity. */
  heardOfOthers(news: NewsOfWorkers): Promise<void> {
    return this.#perform((now) => this.#responder.administration.heardOfOthers(news, now));
  }

  /**
   * Takes a ticket back, or all tickets of a client: presented to this gateway they are refused from now on (RFC 5723, section 9.8). IKE SAs
   * that are up stay up: {@link deleteSa} ends those. Resolves when it is done, as far as it can be: see the effect `ticket-not-revoked`.
   *
   * @throws {RangeError} `ticketId` is no ticket's name.
   */
  async revoke(what: RevokedTickets): Promise<void> {
    if (!("ticketId" in what)) {
      return await this.#parts.domain.revokeIdentity(what.identity, what.untilEpochSeconds ?? this.#clock().epochSeconds);
    }
    // Here: what throws inside a wave is not told to the caller.
    checkedKindOf(what.ticketId);
    return await this.#perform((now) => this.#responder.revokeTicket(what.ticketId, now));
  }

  /**
   * Stops sockets and timer, and wipes all keys, within a second whatever waits. Waiting datagrams are dropped. Peers are not
   * told; their tickets stay good for the next start.
   */
  override async close(): Promise<void> {
    const giveUpAtMs = performance.now() + CLOSE_PATIENCE_MS;
    this.#isClosing = true;
    this.#timer.clear();
    this.#parts.domain.close();
    for (const item of this.#scheduler.stop()) if ("begin" in item) item.done();
    this.#aside.close();
    await this.#sockets.close();
    const served = this.#scheduler.idle();
    await within(served, giveUpAtMs - performance.now());
    this.#timer.clear();
    await within(this.#parts.store.settle(), giveUpAtMs - performance.now());
    this.#responder.dispose();
    // A wave that still waits for its store may leave more behind: that is wiped when it is over.
    void served.then(() => this.#responder.dispose());
  }

  #revokeIdentity(identity: Identity, epochSeconds: number): Promise<void> {
    return this.#perform((now) => this.#responder.revokeIdentity(identity, { ...now, epochSeconds }));
  }

  #timeOut(now: Instant, begun: () => void): Step<Effect[]> {
    begun();
    return this.#responder.timeout(now);
  }

  #perform(begin: (now: Instant) => Step<Effect[]>): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#scheduler.submit({ begin, done: resolve }, "always")) resolve();
    });
  }

  /** A wave that waits for nothing is over when this returns: a lone client's answer leaves in the turn in which its request came. */
  #serve(work: readonly Work[]): Promise<void> | undefined {
    this.#counters.waves_total++;
    const now = this.#clock();
    const tasks: Task[] = [];
    const wave = this.#waiting.takeOut(work, tasks);
    const begunMs = this.#parts.durations.waveBegins(wave);
    const answers = servedWave(wave, now, this.#server);
    if (isThenable(answers) || tasks.length > 0) return this.#serveLater(answers, tasks, now, begunMs);
    this.#conclude(this.#answerAll(answers, []), begunMs);
    return undefined;
  }

  async #serveLater(answers: WaveAnswers, tasks: readonly Task[], now: Instant, begunMs: number): Promise<void> {
    const told = this.#answerAll(await answers, []);
    for (const task of tasks) this.#answerAll([await servedAlone(task.begin(now), this.#server)], told);
    this.#conclude(told, begunMs);
    for (const task of tasks) task.done();
  }

  #answerAll(answers: readonly (readonly Effect[])[], told: Effect[]): Effect[] {
    for (const ofOne of answers) this.#answer(ofOne, told);
    this.#sockets.flush();
    return told;
  }

  /** Sends what is to be sent, and adds the other effects to those to be told. */
  #answer(effects: readonly Effect[], told: Effect[]): void {
    for (const effect of effects) {
      countEffect(this.#counters, effect);
      if (effect.type === "send") this.#sockets.send(effect.datagram);
      else if (this.#onEffect) told.push(effect);
    }
  }

  #conclude(told: readonly Effect[], begunMs: number): void {
    this.#parts.durations.waveOver(begunMs);
    if (!this.#isClosing) this.#timer.set(this.#responder.deadline);
    // Last: listeners may take their time, or throw, and the protocol does not wait for them.
    const tell = this.#onEffect;
    if (tell) this.#hooks.tellEach("onEffect", tell, told);
  }
}
