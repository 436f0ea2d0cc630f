/**
 * Initiators on UDP: one, or many that share a socket pair.
 *
 * @module
 */
import type { RandomSource } from "../crypto/key_exchange.ts";
import { systemRandom } from "../crypto/system_random.ts";
import { Initiator } from "../ike/initiator.ts";
import type { Effect } from "../ike/states/effect.ts";
import { contain, HookFaults } from "../ike/steps/hook_faults.ts";
import type { WaveServices } from "../ike/steps/wave.ts";
import { loadKeyExchange, loadProvider } from "../providers/mod.ts";
import { MemoryClientTickets } from "../store/memory_client_tickets.ts";
import { identityKey } from "../ticket/identity.ts";
import { ClosedByUsing } from "../transport/closed_by_using.ts";
import { faultWarning } from "../transport/fault_warning.ts";
import { localAddressTowards } from "../transport/local_address.ts";
import { IKE_PORT, NAT_PORT } from "../transport/ports.ts";
import { TransportError } from "../transport/transport_error.ts";
import { type Clock, systemClock } from "../transport/system_clock.ts";
import type { SocketTransport } from "../transport/transport.ts";
import { watchAddress } from "./address_watch.ts";
import { enter, isAnyActive, leave, supersedeBy } from "./active_sessions.ts";
import { ConnectionError } from "./connection_error.ts";
import { ofGateway } from "./ticket_of_gateway.ts";
import { type DrivenInitiator, InitiatorDriver, pathOf, type SocketOptions } from "./initiator_driver.ts";
import { unlessGivenUp } from "./given_up.ts";
import { MovedSockets } from "./moved_sockets.ts";
import { lookUpAgain } from "./look_up_again.ts";
import { learnFrom } from "./learned_gateways.ts";
import { NO_CLAIMS } from "./no_claims.ts";
import { GatewayList, type Target } from "./gateway_list.ts";
import { reconnectPolicy } from "./reconnect_policy.ts";
import { askingForSame } from "./reauthentication.ts";
import { type AttemptOptions, Reconnection } from "./reconnection.ts";
import { reachGateway } from "./reach_gateway.ts";
import { type Link, Session } from "./session.ts";
import type { ClientOptions, ConnectOptions, GatewayAddress, SessionOptions } from "./session_options.ts";
import { SessionState } from "./session_state.ts";
import { StoredTicket } from "./stored_ticket.ts";
import { ticketToPresent } from "./ticket_to_present.ts";

export type { ClientOptions, ConnectOptions, GatewayAddress, SessionOptions } from "./session_options.ts";

/** Many sessions over one pair of sockets. Made by {@link Client.open}. */
export class Client extends ClosedByUsing {
  readonly #driver: InitiatorDriver;
  readonly #transport: SocketTransport;
  readonly #random: RandomSource;
  readonly #clock: Clock;
  readonly #onFault: (fault: unknown) => void;
  readonly #hooks: HookFaults;
  readonly #moved: MovedSockets;
  readonly #states = new Set<SessionState>();
  #closesWhenIdle = false;

  /**
   * Binds the sockets.
   *
   * @throws {TransportError} the address or a port cannot be bound.
   * @throws {ProviderError} no provider was given and none loads.
   */
  static async open(options: ClientOptions): Promise<Client> {
    const services: WaveServices = {
      provider: options.provider ?? await loadProvider("auto"),
      keyExchange: options.keyExchange ?? await loadKeyExchange(),
      random: options.random ?? systemRandom,
      claims: NO_CLAIMS,
    };
    const { clock = systemClock, onFault = faultWarning("ike-resume client"), onOther } = options;
    const hooks = new HookFaults(onFault, () => clock().monotonicMs);
    const driver = new InitiatorDriver({ services, clock, onFault: (fault) => contain(() => onFault(fault), () => {}) });
    const transport = await driver.openSocket({
      ...options,
      ...(onOther && { onOther: (...other) => hooks.call("onOther", () => onOther(...other)) }),
    });
    return new Client(driver, transport, services.random, clock, onFault, hooks, options);
  }

  private constructor(
    driver: InitiatorDriver,
    transport: SocketTransport,
    random: RandomSource,
    clock: Clock,
    onFault: (fault: unknown) => void,
    hooks: HookFaults,
    sockets: SocketOptions,
  ) {
    super();
    this.#moved = new MovedSockets(driver, sockets);
    this.#hooks = hooks;
    this.#driver = driver;
    this.#transport = transport;
    this.#random = random;
    this.#clock = clock;
    this.#onFault = onFault;
  }

  /**
   * Brings up an IKE SA with its first Child SA: by IKE_SESSION_RESUME if there is a ticket (RFC 5723), else by a full exchange.
   *
   * @throws {ConnectionError} the gateway does not answer, does not prove itself, or refuses.
   * @throws {RangeError} `reconnect` makes no sense.
   * @throws the reason of `signal`, if it is aborted before the session is up.
   * @throws whatever the ticket store throws when it cannot be read: nothing has been sent then.
   */
  connect(options: SessionOptions): Promise<Session> {
    return this.begin(
      options,
      (stated, attempt, gateways) =>
        reachGateway(gateways, attempt, (target, from) => this.establish(stated, target, attempt, from)),
    );
  }

  /** @internal Every attempt is made by `establish`. */
  async begin(
    options: SessionOptions,
    establish: (options: SessionOptions, attempt: AttemptOptions | undefined, gateways: GatewayList) => Promise<Link>,
  ): Promise<Session> {
    const { reconnect = false, onReconnection, gateway, otherGateways = [], configuration, signal } = options;
    signal?.throwIfAborted();
    const gateways = new GatewayList([gateway, ...otherGateways], configuration, this.#random);
    const reach = (stated: SessionOptions, at?: AttemptOptions) => learnFrom(establish(stated, at, gateways), gateways);
    if (reconnect === false) {
      const only = signal && { signal, watch: () => {} };
      return watchAddress(new Session(await unlessGivenUp(reach(options, only), signal)), options);
    }
    const policy = reconnectPolicy(reconnect === true ? {} : reconnect);
    const { ticket, tickets = new MemoryClientTickets(), ...stated } = options;
    const reconnection = new Reconnection({
      policy,
      random: this.#random,
      attempt: async (attempt) => {
        await lookUpAgain(gateways, options, attempt, (fault) => this.#hooks.take("lookUpGateways", fault));
        return reach({ ...stated, tickets }, attempt);
      },
      tell: (event) => this.#hooks.call("onReconnection", () => onReconnection?.(event)),
      nowMs: () => this.#clock().monotonicMs,
    });
    const watch = (effect: Effect) => reconnection.watch(effect);
    const first = reach({ ...stated, tickets, ticket }, { signal: signal ?? new AbortController().signal, watch });
    const session = new Session(await unlessGivenUp(first, signal), reconnection);
    reconnection.keep(session);
    return watchAddress(session, options);
  }

  /** @internal One attempt. */
  async establish(
    options: SessionOptions,
    { gateway: at, configuration, names }: Target,
    attempt?: AttemptOptions,
    redirectedFrom?: string,
  ): Promise<Link> {
    const { address, port = IKE_PORT, natPort = NAT_PORT } = at;
    const path = pathOf(this.#transport, { address, port }, { address, port: natPort });
    const [gateway] = names;
    const name = `${[...names].sort().join(" ")} ${identityKey(configuration.identity)}`;
    const isOnly = !isAnyActive(name);
    const { state, stored } = this.#enter(name, options, names);
    let driven: DrivenInitiator | undefined;
    try {
      const ticket = attempt?.beside
        ? undefined
        : await ticketToPresent(options.ticket, configuration, names, stored, this.#clock().epochSeconds);
      attempt?.signal.throwIfAborted();
      if (state.down) throw new ConnectionError("deleted-by-us", "no connection: the client was closed");
      const initiator = new Initiator(
        askingForSame(configuration, attempt?.beside),
        path,
        this.#random,
        ticket,
        isOnly,
        redirectedFrom,
      );
      driven = this.#driver.start(initiator, this.#transport, (effect) => {
        if (state.down) return;
        const own = ofGateway(effect, gateway, configuration);
        // A gateway that sent its client elsewhere knows nothing of what becomes of that: its IKE SA is deleted afterwards.
        if (own.type === "ike-sa-up" && own.resumed && ticket && !attempt?.sent) supersedeBy(name, ticket, state);
        stored?.take(own);
        state.take(own);
        this.#hooks.call("onEffect", () => options.onEffect?.(own));
        attempt?.watch(own);
      });
      state.drivenBy(() => driven && this.#driver.release(driven));
      const abort = () => !state.down && this.#driver.act(driven!, { type: "close" });
      attempt?.signal.addEventListener("abort", abort);
      await state.connected.finally(() => attempt?.signal.removeEventListener("abort", abort));
      await stored?.settled;
      const move = this.#moved.move.bind(this.#moved, state, driven, at);
      return { driver: this.#driver, driven, state, gateway: at, move };
    } catch (error) {
      // An IKE SA without its Child SA is of no use to the caller. The DELETE has to be answered before he learns of it: the sockets may close then.
      if (driven && !state.down) this.#driver.act(driven, { type: "close" });
      else state.end("deleted-by-us");
      await state.closed;
      throw error;
    }
  }

  /** A session counts from its first message on, so that no other says that it is the only one. */
  #enter(
    name: string,
    options: SessionOptions,
    gateways: readonly string[],
  ): { readonly state: SessionState; readonly stored?: StoredTicket } {
    const stored = this.#storedTicket(options, gateways);
    const state: SessionState = new SessionState(
      (reason, isTold) => {
        leave(name, state);
        this.#states.delete(state);
        if (reason === "replaced-by-resumption" && !isTold) {
          this.#hooks.call("onEffect", () => options.onEffect?.({ type: "ike-sa-down", spis: state.up.spis, reason }));
        }
        return this.#closesWhenIdle && this.#states.size === 0 ? this.#driver.close() : this.#moved.leave(state);
      },
      stored,
      options.configuration.childless,
    );
    enter(name, state);
    this.#states.add(state);
    return { state, stored };
  }

  #storedTicket(
    { tickets, configuration, onTicketStoreError = this.#onFault }: SessionOptions,
    gateways: readonly string[],
  ): StoredTicket | undefined {
    return tickets && new StoredTicket(
      tickets,
      { gateways, identity: configuration.identity },
      (error) => this.#hooks.call("onTicketStoreError", () => onTicketStoreError(error)),
    );
  }

  /** @internal The sockets are closed with the last session. */
  closeWhenIdle(): void {
    this.#closesWhenIdle = true;
  }

  /** Closes the sockets at once, and ends what goes over them. Gateways are not told: close the sessions first if they should be. */
  override async close(): Promise<void> {
    for (const state of [...this.#states]) state.end("deleted-by-us");
    await this.#driver.close();
  }
}

/**
 * One session over sockets of its own, which are closed when it ends.
 *
 * @throws {ConnectionError} the gateway does not answer, does not prove itself, or refuses.
 * @throws {TransportError} there is no route to the gateway, or a socket cannot be bound.
 * @throws the reason of `signal`, if it is aborted before the session is up.
 */
export async function connect(options: ConnectOptions): Promise<Session> {
  options.signal?.throwIfAborted();
  const clients = new WeakMap<Link, Client>();
  const { client: first, gateway: firstGateway } = await openFirst(options);
  let isFirstFree = true;
  try {
    return await first.begin(options, (stated, attempt, gateways) =>
      reachGateway(gateways, attempt, async (target, from) => {
        // The way to the gateway may be another than when it was lost: the local address is found out anew.
        const isFirst = isFirstFree && target.gateway === firstGateway;
        const client = attempt?.beside && !from
          ? clients.get(attempt.beside)!
          : isFirst
          ? first
          : await openFor(options, target.gateway);
        if (isFirst) isFirstFree = false;
        const link = await client.establish(stated, target, attempt, from);
        clients.set(link, client);
        return link;
      }));
  } catch (error) {
    await first.close();
    throw error;
  }
}

/** Sockets for the first gateway that there is a route to. */
async function openFirst(options: ConnectOptions): Promise<{ readonly client: Client; readonly gateway: GatewayAddress }> {
  const { gateway, otherGateways = [] } = options;
  for (const [place, one] of [gateway, ...otherGateways].entries()) {
    try {
      return { client: await openFor(options, one), gateway: one };
    } catch (error) {
      if (!(error instanceof TransportError) || place === otherGateways.length) throw error;
    }
  }
  throw new Error("client: no gateway");
}

async function openFor(options: ConnectOptions, { address, port = IKE_PORT }: GatewayAddress): Promise<Client> {
  const client = await Client.open({ ...options, address: options.address ?? await localAddressTowards(address, port) });
  client.closeWhenIdle();
  return client;
}
