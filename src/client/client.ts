/**
 * Initiators on UDP: one, or many that share a socket pair.
 *
 * @module
 */
import type { KeyExchange, RandomSource } from "../crypto/key_exchange.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import type { Endpoint } from "../ike/datagram.ts";
import { contain, HookFaults } from "../ike/hook_faults.ts";
import { Initiator } from "../ike/initiator.ts";
import type { InitiatorConfiguration } from "../ike/initiator_configuration.ts";
import type { WaveServices } from "../ike/wave.ts";
import { loadKeyExchange, loadProvider } from "../providers/mod.ts";
import type { ClientTicket } from "../ticket/client_ticket.ts";
import type { ClientTicketStore } from "../ticket/client_ticket_store.ts";
import { identityKey } from "../ticket/identity.ts";
import { faultWarning } from "../transport/fault_warning.ts";
import { localAddressTowards } from "../transport/local_address.ts";
import { IKE_PORT, NAT_PORT } from "../transport/ports.ts";
import { type Clock, systemClock } from "../transport/system_clock.ts";
import { systemRandom } from "../crypto/system_random.ts";
import type { UdpTransport } from "../transport/udp_transport.ts";
import { InitiatorDriver, pathOf, type SocketOptions } from "./initiator_driver.ts";
import { NO_CLAIMS } from "./no_claims.ts";
import { Session, type SessionListener, SessionState } from "./session.ts";
import { StoredTicket } from "./stored_ticket.ts";

/** Where a gateway listens. */
export interface GatewayAddress {
  /** IPv4 or IPv6, in text form. */
  readonly address: string;
  /** Default 500. */
  readonly port?: number;
  /** Default 4500. */
  readonly natPort?: number;
}

/** The sockets of a client, and what it works with. */
export interface ClientOptions extends SocketOptions {
  /** Default: the fastest that this runtime has. */
  readonly provider?: CryptoProvider;
  /** Diffie-Hellman. Default: that of node:crypto where it is, else that of noble. */
  readonly keyExchange?: KeyExchange;
  /** Default: the system's. Keys, nonces and SPIs come from it: another one is for tests. */
  readonly random?: RandomSource;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /**
   * A programmer's error; or, as a {@link HookError}, a function that was handed in threw, which harms no session and is told once, and then every
   * ten seconds at most. Default: a warning of the runtime, every ten seconds at most.
   */
  readonly onFault?: (fault: unknown) => void;
}

/** One session: who with whom. */
export interface SessionOptions {
  /** Who it is and what it wants: see `initiatorConfiguration`. */
  readonly configuration: InitiatorConfiguration;
  /** The gateway to connect to. */
  readonly gateway: GatewayAddress;
  /** Resume with this ticket. It is spent by the attempt, whose session brings a new one; a full exchange follows if it is refused. */
  readonly ticket?: ClientTicket;
  /**
   * Where tickets are kept from one session to the next. Without a `ticket` above, the one that is kept for this identity and this gateway
   * is presented: for the gateway's identity, where the configuration requires one, else for its address. From then on the store has the
   * latest ticket that may be presented, and none when the IKE SA was deleted (RFC 5723, section 6.2) or the ticket was refused.
   */
  readonly tickets?: ClientTicketStore;
  /** The store could not be changed. Default: as `onFault` of the client. */
  readonly onTicketStoreError?: (error: unknown) => void;
  /** Told what happens while and after the session comes up. */
  readonly onEffect?: SessionListener;
}

/** {@link connect}: the local address may be left out, and is then the one that the gateway is reached from. */
export type ConnectOptions = SessionOptions & Partial<ClientOptions>;

/** Many sessions over one pair of sockets. Made by {@link Client.open}. */
export class Client {
  readonly #driver: InitiatorDriver;
  readonly #transport: UdpTransport;
  readonly #random: RandomSource;
  readonly #clock: Clock;
  readonly #onFault: (fault: unknown) => void;
  readonly #hooks: HookFaults;

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
    return new Client(driver, transport, services.random, clock, onFault, hooks);
  }

  private constructor(
    driver: InitiatorDriver,
    transport: UdpTransport,
    random: RandomSource,
    clock: Clock,
    onFault: (fault: unknown) => void,
    hooks: HookFaults,
  ) {
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
   * @throws whatever the ticket store throws that cannot be read: nothing has been sent then.
   */
  async connect(options: SessionOptions): Promise<Session> {
    const { address, port = IKE_PORT, natPort = NAT_PORT } = options.gateway;
    const encapsulatedRemote: Endpoint = { address, port: natPort };
    const path = pathOf(this.#transport, { address, port }, encapsulatedRemote);
    const stored = this.#storedTicket(options);
    const ticket = options.ticket ?? await stored?.load(this.#clock().epochSeconds);
    const initiator = new Initiator(options.configuration, path, this.#random, ticket);
    const state = new SessionState(() => this.#driver.release(driven), stored);
    const driven = this.#driver.start(initiator, this.#transport, (effect) => {
      stored?.take(effect);
      state.take(effect);
      this.#hooks.call("onEffect", () => options.onEffect?.(effect));
    });
    try {
      await state.connected;
      await stored?.settled;
    } catch (error) {
      // An IKE SA without its Child SA is of no use to the caller, who gets no session to close it with. The DELETE has to be answered
      // before the caller learns of it, because that may be the moment in which the sockets close.
      if (!state.down) this.#driver.act(driven, { type: "close" });
      await state.closed;
      throw error;
    }
    return new Session(this.#driver, driven, state);
  }

  #storedTicket(
    { tickets, configuration, gateway, onTicketStoreError = this.#onFault }: SessionOptions,
  ): StoredTicket | undefined {
    if (tickets === undefined) return undefined;
    const key = { gateway: gatewayName(configuration, gateway), identity: configuration.identity };
    return new StoredTicket(
      tickets,
      key,
      (error) => this.#hooks.call("onTicketStoreError", () => onTicketStoreError(error)),
    );
  }

  /** Closes the sockets at once. Gateways are not told: close the sessions first if they should be. */
  close(): Promise<void> {
    return this.#driver.close();
  }
}

/**
 * One session over sockets of its own, which are closed when it ends.
 *
 * @throws {ConnectionError} the gateway does not answer, does not prove itself, or refuses.
 * @throws {TransportError} there is no route to the gateway, or a socket cannot be bound.
 */
export async function connect(options: ConnectOptions): Promise<Session> {
  const { address, port = IKE_PORT } = options.gateway;
  const client = await Client.open({ ...options, address: options.address ?? await localAddressTowards(address, port) });
  try {
    const session = await client.connect(options);
    void session.closed.then(() => client.close());
    return session;
  } catch (error) {
    await client.close();
    throw error;
  }
}

/**
 * What a ticket is kept under: who the gateway has to prove to be, since gateways that are one to their clients take each other's tickets;
 * where that is left open, its address and port.
 */
function gatewayName({ peerIdentity }: InitiatorConfiguration, { address, port = IKE_PORT }: GatewayAddress): string {
  if (peerIdentity === undefined) return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
  return `identity ${identityKey(peerIdentity)}`;
}
