/**
 * Runs any number of initiators over a few UDP sockets: finds the initiator of a datagram by its SPI, keeps timers, and takes
 * what waits through one batch of cryptography at a time, as a gateway does.
 *
 * @module
 */
import { receiverSpi } from "../ike/ike_sa/spi.ts";
import { SpiMap } from "../ike/ike_sa/spi_map.ts";
import { ClientLane } from "../ike/client_lane/client_lane.ts";
import type { Initiator } from "../ike/initiator.ts";
import type { InitiatorPath } from "../ike/policy/initiator_configuration.ts";
import { type Timed, TimerHeap } from "../ike/queues/timer_heap.ts";
import type { Effect } from "../ike/states/effect.ts";
import type { Datagram, Endpoint } from "../ike/steps/datagram.ts";
import { isThenable } from "../ike/steps/hook_faults.ts";
import type { WaveServices } from "../ike/steps/wave.ts";
import { DeadlineTimer } from "../transport/deadline_timer.ts";
import { openDgramTransport } from "../transport/dgram_transport.ts";
import type { Clock } from "../transport/system_clock.ts";
import type { OpenSocketTransport, OtherDatagramKind, SocketTransport } from "../transport/transport.ts";
import { WaveScheduler } from "../transport/wave_scheduler.ts";
import { HEADER_LENGTH } from "../wire/header.ts";
import type { InitiatorAction } from "./initiator_action.ts";
import { type Busy, servedWave, type WaveEffects } from "./initiator_wave.ts";

/** Which datagrams are lost, and which come twice, for load tests that imitate a network. */
export interface LossModel {
  /** Called once for every datagram that is about to leave or has just come: how many of it get through. 0: it is lost. */
  copies(direction: "outbound" | "inbound"): 0 | 1 | 2;
}

export interface InitiatorDriverOptions {
  readonly services: WaveServices;
  readonly clock: Clock;
  /** A programmer's error, or a failed service. */
  readonly onFault: (fault: unknown) => void;
  readonly loss?: LossModel;
  /** Opens its sockets; default: by node:dgram, one datagram at a time. */
  readonly openTransport?: OpenSocketTransport;
  /** Whether plain resumptions of a wave are made all together, in place of step by step. Default true. */
  readonly lane?: boolean;
}

/** A pair of UDP sockets: for IKE, and for IKE and ESP once a NAT was found. */
export interface SocketOptions {
  /** One address of this machine, IPv4 or IPv6, never the wildcard. */
  readonly address: string;
  /** 0, the default, lets the system choose. */
  readonly port?: number;
  /** 0, the default, lets the system choose. */
  readonly natPort?: number;
  /** Called with ESP in UDP, NAT keepalives, and what is neither, from the NAT port. */
  readonly onOther?: (kind: OtherDatagramKind, octets: Uint8Array, remote: Endpoint) => void;
}

/** Called with all effects but `send`, in order, once the messages of their wave are sent. What it throws goes to `onFault`. */
export type EffectListener = (effect: Effect) => void;

/** An initiator under way. Opaque to its owner, who hands it back to say what to do next. */
export interface DrivenInitiator {
  readonly initiator: Initiator;
  /** The sockets that it talks over. */
  readonly transport: SocketTransport;
}

class Driven implements DrivenInitiator, Timed, Busy {
  readonly initiator: Initiator;
  transport: SocketTransport;
  readonly listener: EffectListener;
  /** The SPIs by which it is found; they change when a resumption falls back to a full exchange, and when an IKE SA is rekeyed. */
  spis: readonly bigint[] = [];
  /** A deadline that moves later replaces this one only when it is reached. */
  armedFor = Infinity;
  heapPosition = -1;
  released = false;
  /** What it is to do in the wave that is being put together; `undefined`: it stands in none. */
  chain: InitiatorAction | InitiatorAction[] | undefined;

  constructor(initiator: Initiator, transport: SocketTransport, listener: EffectListener) {
    this.initiator = initiator;
    this.transport = transport;
    this.listener = listener;
  }

  append(action: InitiatorAction): void {
    const { chain } = this;
    if (chain === undefined) this.chain = action;
    else if (Array.isArray(chain)) chain.push(action);
    else this.chain = [chain, action];
  }
}

interface Work {
  readonly driven: Driven;
  readonly action: InitiatorAction;
}

const START: InitiatorAction = { type: "start" };
const TIMEOUT: InitiatorAction = { type: "timeout" };

/** Runs initiators: {@link InitiatorDriver.openSocket}, then {@link InitiatorDriver.start} for each. */
export class InitiatorDriver {
  readonly #services: WaveServices;
  readonly #clock: Clock;
  readonly #loss: LossModel | undefined;
  readonly #onFault: (fault: unknown) => undefined;
  readonly #scheduler: WaveScheduler<Work>;
  readonly #timer: DeadlineTimer;
  readonly #deadlines = new TimerHeap<Driven>();
  readonly #bySpi = new SpiMap<Driven>();
  readonly #transports: SocketTransport[] = [];
  readonly #openTransport: OpenSocketTransport;
  readonly #lane: ClientLane | undefined;

  constructor(options: InitiatorDriverOptions) {
    this.#services = options.services;
    this.#clock = options.clock;
    this.#loss = options.loss;
    this.#openTransport = options.openTransport ?? openDgramTransport;
    this.#lane = options.lane === false ? undefined : new ClientLane();
    this.#onFault = (fault) => {
      options.onFault(fault);
      return undefined;
    };
    this.#scheduler = new WaveScheduler({
      serve: (wave) => this.#serve(wave),
      onFault: options.onFault,
      drain: () => this.#drain(),
    });
    this.#timer = new DeadlineTimer(options.clock, () => this.#deadlineReached());
  }

  /**
   * Opens a pair of sockets. Many initiators may share it.
   *
   * @throws {TransportError} it cannot be bound.
   */
  async openSocket(options: SocketOptions): Promise<SocketTransport> {
    const transport = await this.#openTransport({
      address: options.address,
      port: options.port ?? 0,
      natPort: options.natPort ?? 0,
      onDatagram: (datagram) => this.#accept(datagram),
      onOther: options.onOther,
    });
    this.#transports.push(transport);
    return transport;
  }

  /** Closes one pair of sockets that no initiator talks over any more. */
  async closeSocket(transport: SocketTransport): Promise<void> {
    const place = this.#transports.indexOf(transport);
    if (place < 0) return;
    this.#transports.splice(place, 1);
    await transport.close();
  }

  /** Begins: the first request leaves with the next wave. */
  start(initiator: Initiator, transport: SocketTransport, listener: EffectListener): DrivenInitiator {
    const driven = new Driven(initiator, transport, listener);
    this.#scheduler.submit({ driven, action: START }, "always");
    return driven;
  }

  /** Asks an initiator to do something, in its turn. */
  act(driven: DrivenInitiator, action: InitiatorAction): void {
    this.#scheduler.submit({ driven: driven as Driven, action }, "always");
  }

  /** Forgets an initiator and wipes its keys: datagrams that still come for it are dropped. */
  release(driven: DrivenInitiator): void {
    const released = driven as Driven;
    released.released = true;
    this.#deadlines.disarm(released);
    for (const spi of released.spis) this.#bySpi.delete(spi);
    released.initiator.dispose();
  }

  /** Closes the sockets. Peers are not told. */
  async close(): Promise<void> {
    this.#timer.clear();
    await Promise.all(this.#transports.splice(0).map((transport) => transport.close()));
    await this.#scheduler.idle();
    this.#timer.clear();
  }

  #accept(datagram: Datagram): void {
    const { octets } = datagram;
    if (octets.length < HEADER_LENGTH) return;
    const copies = this.#loss?.copies("inbound") ?? 1;
    if (copies === 0) return;
    const driven = this.#bySpi.get(receiverSpi(octets));
    if (driven === undefined) return;
    // Like two datagrams of a network, the two share no octets.
    if (copies === 2) {
      this.#scheduler.submit({ driven, action: { type: "receive", datagram: { ...datagram, octets: octets.slice() } } });
    }
    this.#scheduler.submit({ driven, action: { type: "receive", datagram } });
  }

  /** Reads what waits, without the runtime. False: only the runtime can. */
  #drain(): boolean {
    for (const { drain } of this.#transports) if (drain === undefined) return false;
    for (const transport of this.#transports) transport.drain?.();
    return this.#transports.length > 0;
  }

  #deadlineReached(): void {
    const { monotonicMs } = this.#clock();
    for (let driven = this.#deadlines.takeDue(monotonicMs); driven; driven = this.#deadlines.takeDue(monotonicMs)) {
      const { deadline } = driven.initiator;
      if (deadline === undefined) continue;
      if (deadline <= monotonicMs) this.#scheduler.submit({ driven, action: TIMEOUT }, "always");
      else this.#deadlines.arm(driven, deadline);
    }
    this.#timer.set(this.#deadlines.earliest);
  }

  #serve(work: readonly Work[]): Promise<void> | undefined {
    const wave: Driven[] = [];
    for (const { driven, action } of work) {
      if (driven.released) continue;
      if (action.type === "move") driven.transport = action.transport;
      if (driven.chain === undefined) wave.push(driven);
      driven.append(action);
    }
    const served = this.#served(wave);
    return isThenable(served) ? served.then((effects) => this.#conclude(wave, effects)) : void this.#conclude(wave, served);
  }

  #served(wave: readonly Driven[]): ReturnType<typeof servedWave> {
    try {
      return servedWave(wave, this.#clock(), { services: this.#services, lane: this.#lane, onFault: this.#onFault });
    } finally {
      // What each is to do has been taken over, also where a step of it waits. One that kept it would never be served again.
      for (const driven of wave) driven.chain = undefined;
    }
  }

  #conclude(wave: readonly Driven[], served: WaveEffects): void {
    const told: number[] = [];
    for (let place = 0; place < wave.length; place++) {
      const effects = served[place];
      if (effects !== undefined && this.#carryOut(wave[place], effects)) told.push(place);
    }
    for (const transport of this.#transports) transport.flush();
    this.#timer.set(this.#deadlines.earliest);
    // Last: what one listener does, or throws, does not concern the others of the wave.
    for (const place of told) {
      for (const effect of served[place]!) if (!isSent(effect)) this.#tell(wave[place], effect);
    }
  }

  #tell({ listener }: Driven, effect: Effect): void {
    try {
      const answered: unknown = listener(effect);
      if (isThenable(answered)) answered.then(undefined, this.#onFault);
    } catch (fault) {
      this.#onFault(fault);
    }
  }

  /** Sends. Whether there is more to tell. */
  #carryOut(driven: Driven, effects: readonly Effect[]): boolean {
    // The initiator was released while its step waited for a store: what the step has made since is wiped as well.
    if (driven.released) {
      driven.initiator.dispose();
      return false;
    }
    const { ownSpis, deadline } = driven.initiator;
    if (ownSpis.length !== driven.spis.length || ownSpis.some((spi, index) => spi !== driven.spis[index])) {
      for (const spi of driven.spis) this.#bySpi.delete(spi);
      driven.spis = ownSpis;
      for (const spi of ownSpis) this.#bySpi.set(spi, driven);
    }
    if (deadline !== undefined && deadline < driven.armedFor) this.#deadlines.arm(driven, deadline);
    let isMore = false;
    for (const effect of effects) {
      if (effect.type === "send") this.#send(driven.transport, effect.datagram);
      else if (effect.type === "send-keepalive") driven.transport.sendKeepalive(effect.remote);
      else isMore = true;
    }
    return isMore;
  }

  #send(transport: SocketTransport, datagram: Datagram): void {
    const copies = this.#loss?.copies("outbound") ?? 1;
    for (let copy = 0; copy < copies; copy++) transport.send(datagram);
  }
}

function isSent({ type }: Effect): boolean {
  return type === "send" || type === "send-keepalive";
}

/** The path of an initiator on a socket pair: where it talks from and to. */
export function pathOf(transport: SocketTransport, remote: Endpoint, encapsulatedRemote: Endpoint): InitiatorPath {
  return { local: transport.local, remote, encapsulatedLocal: transport.encapsulatedLocal, encapsulatedRemote };
}
