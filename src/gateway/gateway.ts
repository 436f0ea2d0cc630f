/**
 * A responder on UDP: drains its sockets into waves, runs each wave through one batch of cryptography, and sends the answers
 * together.
 *
 * @module
 */
import type { KeyExchange, RandomSource } from "../crypto/key_exchange.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import type { Datagram, Endpoint } from "../ike/datagram.ts";
import type { Effect, SpiPair } from "../ike/effect.ts";
import type { Instant } from "../ike/instant.ts";
import { Responder, type ResponderConfiguration, serialKey } from "../ike/responder.ts";
import type { Step } from "../ike/step.ts";
import { isolated, runWave, type TicketClaims, type WaveServices } from "../ike/wave.ts";
import { loadKeyExchange, loadProvider } from "../providers/mod.ts";
import type { GatewayStore } from "../store/gateway_store.ts";
import { GuardedStore, type StoreChange, type StoreFailurePolicy } from "../store/guarded_store.ts";
import { memoryStore } from "../store/memory_store.ts";
import type { Identity } from "../ticket/identity.ts";
import { BloomInvalidTicketList, type RevocationChoice } from "../ticket/invalid_ticket_list.ts";
import { kindOfTicketId } from "../ticket/issued_ticket.ts";
import type { RevocationStore } from "../ticket/revocation_store.ts";
import { DeadlineTimer } from "../transport/deadline_timer.ts";
import { systemRandom } from "../crypto/system_random.ts";
import { IKE_PORT, NAT_PORT } from "../transport/ports.ts";
import { type Clock, systemClock } from "../transport/system_clock.ts";
import { type OtherDatagramKind, UdpTransport } from "../transport/udp_transport.ts";
import { WaveScheduler } from "../transport/wave_scheduler.ts";
import { HEADER_LENGTH } from "../wire/header.ts";
import { countEffect, type GatewayCounters, zeroCounters } from "./counters.ts";

/** Octets of all datagrams that wait: a full queue of what clients send takes a quarter of it, one of the longest datagrams would take 2 GiB. */
const WAITING_OCTETS_LIMIT = 64 << 20;

/** What a gateway serves, where, and with what. */
export interface GatewayOptions {
  /** Who it is, which clients it knows, what it allows: see `responderConfiguration`. */
  readonly configuration: ResponderConfiguration;
  /** Addresses of this machine to listen on, IPv4 or IPv6; never the wildcard, because NAT detection needs the address. */
  readonly addresses: readonly string[];
  /** UDP port of IKE. Default 500; 0 lets the system choose, differently for each address. */
  readonly port?: number;
  /** UDP port of IKE and ESP behind a NAT. Default 4500; 0 likewise. */
  readonly natPort?: number;
  /** Default: the fastest that this runtime has. */
  readonly provider?: CryptoProvider;
  /** Diffie-Hellman. Default: that of node:crypto where it is, else that of noble. */
  readonly keyExchange?: KeyExchange;
  /**
   * Where used tickets, the state of tickets by reference and revocations are kept. Default: in memory, forgotten by a restart. Whoever opened
   * the store closes it, after the gateway.
   */
  readonly store?: GatewayStore;
  /** What becomes of presented tickets while the store is down. Default: `refuse`. */
  readonly storeFailure?: StoreFailurePolicy;
  /** How long a wave may wait for the store, in milliseconds. Default 500. */
  readonly storeTimeoutMs?: number;
  /** Told once when the store goes down and once when it is up again. Must not throw. */
  readonly onStoreChange?: (change: StoreChange) => void;
  /**
   * The Invalid Ticket List (RFC 5723, section 9.8): `exact`, the default, in the store; a pair of Bloom filters in this process, whose memory
   * does not grow; or `off`, where a ticket by value stays good after its IKE SA was deleted. Tickets by reference need none.
   */
  readonly revocation?: RevocationChoice;
  /** Used tickets elsewhere than in the store, and without its guard: what it rejects with goes to `onFault`. */
  readonly claims?: TicketClaims;
  /** Default: the system's. Keys, nonces and SPIs come from it: another one is for tests. */
  readonly random?: RandomSource;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Told of every effect but `send`, in order: SAs that came up or went down, tickets issued and refused. Must not throw. */
  readonly onEffect?: (effect: Effect) => void;
  /** ESP in UDP, NAT keepalives, and what is neither, from the NAT port. */
  readonly onOther?: (kind: OtherDatagramKind, octets: Uint8Array, remote: Endpoint) => void;
  /** A store failed, or a programmer's error: the datagrams it struck are lost, the gateway goes on. Default: it is thrown, uncaught. */
  readonly onFault?: (fault: unknown) => void;
}

/** A step that no datagram asked for, such as closing an SA. It runs between waves, alone. */
interface Task {
  readonly begin: (now: Instant) => Step<Effect[]>;
  readonly done: () => void;
}

type Work = Datagram | Task;

/** A gateway that listens. Made by {@link Gateway.listen}. */
export class Gateway {
  readonly #responder: Responder;
  readonly #services: WaveServices;
  readonly #store: GuardedStore;
  readonly #clock: Clock;
  readonly #onEffect: ((effect: Effect) => void) | undefined;
  readonly #onFault: (fault: unknown) => void;
  readonly #scheduler: WaveScheduler<Work>;
  readonly #timer: DeadlineTimer;
  readonly #transports: UdpTransport[] = [];
  readonly #counters = zeroCounters();
  #waitingOctets = 0;

  /**
   * Starts a gateway.
   *
   * @throws {RangeError} `revocation` is out of range.
   * @throws {TransportError} an address or a port cannot be listened on.
   * @throws {ProviderError} no provider was given and none loads.
   */
  static async listen(options: GatewayOptions): Promise<Gateway> {
    const clock = options.clock ?? systemClock;
    const store = guarded(options, clock);
    const gateway = new Gateway(options, clock, store, {
      provider: options.provider ?? await loadProvider("auto"),
      keyExchange: options.keyExchange ?? await loadKeyExchange(),
      random: options.random ?? systemRandom,
      claims: options.claims ?? store.claims,
      ticketStates: store.ticketStates,
      revocations: revocationsOf(options, store, clock),
    });
    try {
      for (const address of options.addresses) await gateway.#open(address, options);
    } catch (error) {
      await gateway.close();
      throw error;
    }
    return gateway;
  }

  private constructor(options: GatewayOptions, clock: Clock, store: GuardedStore, services: WaveServices) {
    const onFault = options.onFault ?? throwUncaught;
    this.#responder = new Responder(options.configuration, services.random);
    this.#services = services;
    this.#store = store;
    this.#clock = clock;
    this.#onEffect = options.onEffect;
    this.#onFault = (fault) => {
      this.#counters.wave_faults_total++;
      onFault(fault);
    };
    this.#scheduler = new WaveScheduler({ serve: (wave) => this.#serve(wave), onFault: this.#onFault });
    this.#timer = new DeadlineTimer(clock, () => void this.#perform((now) => this.#responder.timeout(now)));
  }

  /** The IKE endpoints it listens on, in the order of `addresses`. */
  get local(): readonly Endpoint[] {
    return this.#transports.map(({ local }) => local);
  }

  /** The UDP-encapsulation endpoints it listens on, in the order of `addresses`. */
  get encapsulatedLocal(): readonly Endpoint[] {
    return this.#transports.map(({ encapsulatedLocal }) => encapsulatedLocal);
  }

  /** A copy of the counters as they stand. */
  get counters(): GatewayCounters {
    return { ...this.#counters, ...this.#store.counters };
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
  deleteSa(spis: SpiPair): Promise<void> {
    return this.#perform((now) => this.#responder.close(spis, now));
  }

  /**
   * Offers a client a new IKE SA in place of one (RFC 7296, section 2.8). Resolves when it is sent; an `ike-sa-rekeyed` or
   * `ike-sa-rekey-failed` effect tells what came of it.
   */
  rekeySa(spis: SpiPair): Promise<void> {
    return this.#perform((now) => this.#responder.rekey(spis, now));
  }

  /** Asks whether a peer still lives (RFC 7296, section 2.4); the answer is a `peer-alive` or an `ike-sa-down` effect. */
  checkLiveness(spis: SpiPair): Promise<void> {
    return this.#perform((now) => this.#responder.checkLiveness(spis, now));
  }

  /**
   * Takes a ticket back, or all tickets of a client: presented to this gateway they are refused from now on (RFC 5723, section 9.8). IKE SAs
   * that are up stay up: {@link deleteSa} ends those. Resolves when it is done, as far as it can be: a `ticket-not-revoked` effect tells of
   * a store that failed.
   *
   * By `ticketId`, the name that a `ticket-issued` effect told, the ticket is refused by every gateway that shares the store. By `identity`
   * that holds for the tickets of IKE SAs that are up here; all others of the client are refused by this gateway, until it is restarted.
   *
   * @throws {RangeError} `ticketId` is no ticket's name.
   */
  async revoke(what: { readonly ticketId: string } | { readonly identity: Identity }): Promise<void> {
    if ("ticketId" in what) {
      if (kindOfTicketId(what.ticketId) === undefined) {
        throw new RangeError(
          "ticketId: expected the hexadecimal digits of a ticket's name, 32 by reference and 34 to 48 by value",
        );
      }
      return await this.#perform((now) => this.#responder.revokeTicket(what.ticketId, now));
    }
    return await this.#perform((now) => this.#responder.revokeIdentity(what.identity, now));
  }

  /** Stops at once: sockets and timer, and all keys are wiped. Peers are not told, their tickets stay good for the next start. */
  async close(): Promise<void> {
    this.#timer.clear();
    await Promise.all(this.#transports.splice(0).map((transport) => transport.close()));
    await this.#scheduler.idle();
    this.#timer.clear();
    await this.#store.settle();
    this.#responder.dispose();
  }

  async #open(address: string, options: GatewayOptions): Promise<void> {
    const { onOther } = options;
    const counters = this.#counters;
    this.#transports.push(
      await UdpTransport.open({
        address,
        port: options.port ?? IKE_PORT,
        natPort: options.natPort ?? NAT_PORT,
        onDatagram: (datagram) => this.#accept(datagram),
        onOther: (kind, octets, remote) => {
          if (kind === "esp") counters.esp_datagrams_total++;
          else if (kind === "keepalive") counters.nat_keepalives_total++;
          else counters.short_datagrams_total++;
          onOther?.(kind, octets, remote);
        },
        onError: () => counters.socket_errors_total++,
      }),
    );
  }

  #accept(datagram: Datagram): void {
    this.#counters.received_datagrams_total++;
    const { length } = datagram.octets;
    if (length < HEADER_LENGTH) this.#counters.short_datagrams_total++;
    else if (this.#waitingOctets + length > WAITING_OCTETS_LIMIT || !this.#scheduler.submit(datagram)) {
      this.#counters.queue_dropped_datagrams_total++;
    } else this.#waitingOctets += length;
  }

  #perform(begin: (now: Instant) => Step<Effect[]>): Promise<void> {
    return new Promise((resolve) => {
      this.#scheduler.submit({ begin, done: resolve }, "always");
    });
  }

  async #serve(work: readonly Work[]): Promise<void> {
    this.#counters.waves_total++;
    const now = this.#clock();
    const tasks: Task[] = [];
    const effects = await runWave(this.#steps(work, tasks, now), this.#services);
    for (const ofOneStep of effects) this.#carryOut(ofOneStep);
    for (const task of tasks) {
      const [ofTask] = await runWave([this.#isolated(task.begin(now))], this.#services);
      this.#carryOut(ofTask);
      task.done();
    }
    this.#timer.set(this.#responder.deadline);
  }

  /** One step for each serial key: datagrams that share one are handled in their order within its step. */
  #steps(work: readonly Work[], tasks: Task[], now: Instant): Step<Effect[]>[] {
    const byKey = new Map<bigint, Datagram | Datagram[]>();
    for (const item of work) {
      if ("begin" in item) {
        tasks.push(item);
        continue;
      }
      this.#waitingOctets -= item.octets.length;
      const key = serialKey(item.octets);
      const earlier = byKey.get(key);
      if (earlier === undefined) byKey.set(key, item);
      else if (Array.isArray(earlier)) earlier.push(item);
      else byKey.set(key, [earlier, item]);
    }
    const steps: Step<Effect[]>[] = [];
    for (const chain of byKey.values()) {
      steps.push(Array.isArray(chain) ? this.#receiveInOrder(chain, now) : this.#receive(chain, now));
    }
    return steps;
  }

  *#receiveInOrder(datagrams: readonly Datagram[], now: Instant): Step<Effect[]> {
    const effects: Effect[] = [];
    for (const datagram of datagrams) effects.push(...yield* this.#receive(datagram, now));
    return effects;
  }

  #receive(datagram: Datagram, now: Instant): Step<Effect[]> {
    return this.#isolated(this.#responder.receive(datagram, now));
  }

  /** One datagram's fault is no other's. */
  #isolated(step: Step<Effect[]>): Step<Effect[]> {
    return isolated(step, (fault) => {
      this.#onFault(fault);
      return [];
    });
  }

  #carryOut(effects: readonly Effect[]): void {
    for (const effect of effects) {
      countEffect(this.#counters, effect);
      if (effect.type === "send") this.#send(effect.datagram);
      else this.#onEffect?.(effect);
    }
  }

  #send(datagram: Datagram): void {
    for (const transport of this.#transports) {
      if (transport.local.address === datagram.local.address) return transport.send(datagram);
    }
  }
}

/** By the gateway's clock, which a test may have made. */
function guarded({ store, storeFailure, storeTimeoutMs, onStoreChange }: GatewayOptions, clock: Clock): GuardedStore {
  const now = () => clock().epochSeconds;
  return new GuardedStore(store ?? memoryStore(now), {
    now,
    ...(storeFailure && { whenDown: storeFailure }),
    ...(storeTimeoutMs !== undefined && { timeoutMs: storeTimeoutMs }),
    ...(onStoreChange && { onChange: onStoreChange }),
  });
}

function revocationsOf(
  { revocation = "exact", configuration }: GatewayOptions,
  store: GuardedStore,
  clock: Clock,
): RevocationStore | undefined {
  if (revocation === "exact") return store.revocations;
  if (revocation === "off") return undefined;
  const lifetimeSeconds = configuration.ticketLifetimeSeconds;
  return new BloomInvalidTicketList({ ...revocation.bloom, lifetimeSeconds }, () => clock().epochSeconds);
}

function throwUncaught(fault: unknown): void {
  queueMicrotask(() => {
    throw fault;
  });
}
