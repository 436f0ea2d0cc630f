/**
 * Options of a client: its sockets, its gateway and its session.
 *
 * @module
 */
import type { KeyExchange, RandomSource } from "../crypto/key_exchange.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import type { InitiatorConfiguration } from "../ike/policy/initiator_configuration.ts";
import type { ClientTicket } from "../ticket/client_ticket.ts";
import type { ClientTicketStore } from "../ticket/client_ticket_store.ts";
import { type Identity, identityKey } from "../ticket/identity.ts";
import { IKE_PORT } from "../transport/ports.ts";
import type { Clock } from "../transport/system_clock.ts";
import type { SocketOptions } from "./initiator_driver.ts";
import type { ReconnectionEvent, ReconnectPolicy } from "./reconnect_policy.ts";
import type { SessionListener } from "./session.ts";

/** Where a gateway listens. */
export interface GatewayAddress {
  /** IPv4 or IPv6, in text form. */
  readonly address: string;
  /** Default 500. */
  readonly port?: number;
  /** Default 4500. */
  readonly natPort?: number;
  /**
   * Who it has to prove to be, in the place of `peerIdentity` of the configuration: for gateways of one domain that have identities of their own.
   * A resumed IKE SA keeps the identity that its ticket was issued under (RFC 5723, section 4.3.3), whichever of the gateways it is with.
   */
  readonly identity?: Identity;
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
   * Called with a programmer's error; or with a {@link HookError}, when a function that was handed in threw: that harms no
   * session, and is told once, then every ten seconds at most. Default: a warning of the runtime, every ten seconds at most.
   */
  readonly onFault?: (fault: unknown) => void;
}

/** Options of one session: who connects to whom. */
export interface SessionOptions {
  /** Who it is and what it wants: see `initiatorConfiguration`. */
  readonly configuration: InitiatorConfiguration;
  /** The gateway to connect to. */
  readonly gateway: GatewayAddress;
  /**
   * Further gateways of the same secure domain, 63 at most: each takes the tickets of all, so that a session goes on at the next one when its own is
   * gone. A gateway whose first answer does not come within some 4 seconds is left for the next, after a pause of up to a second; each is tried once,
   * and the last as patiently as a single one. With `reconnect`, a session that was lost begins with the gateway behind the one that it was with.
   */
  readonly otherGateways?: readonly GatewayAddress[];
  /**
   * With `reconnect`: where the gateways are now, `gateway` first, asked for each time before a lost session tries to come back; for gateways that are
   * known by host names. Whatever it throws, and an answer of nobody or after 5 seconds, leaves the gateways as they were. An IKE SA that is up stays.
   */
  readonly lookUpGateways?: () => Promise<readonly GatewayAddress[]>;
  /**
   * Resume with this ticket. It is spent once that succeeds, and the session brings a new one; a full exchange follows if it is refused, and takes
   * its place if the ticket is of another gateway (by its identity where one is required, else by its address), which is none of
   * `otherGateways`, or was issued for another shared key.
   */
  readonly ticket?: ClientTicket;
  /**
   * Where tickets are kept from one session to the next. Without a `ticket` above, the one that is kept for this identity and this gateway
   * is presented: for the gateway's identity, where one is required, else for its address; or that of one of `otherGateways`. From then on the store has the
   * latest ticket that may be presented, and none when the IKE SA was deleted (RFC 5723, section 6.2) or the ticket was refused.
   */
  readonly tickets?: ClientTicketStore;
  /** Called when the store could not be changed, or does not answer in time. Default: as `onFault` of the client. */
  readonly onTicketStoreError?: (error: unknown) => void;
  /**
   * Gives the first connection up: `connect` rejects with the signal's reason, and nothing stays open; a ticket that was presented in vain is in the
   * store again. A session that is up is ended by `close` or `abandon`.
   */
  readonly signal?: AbortSignal;
  /** Called with what happens while and after the session comes up. */
  readonly onEffect?: SessionListener;
  /**
   * Once it is up, the session comes back by itself when the gateway has fallen silent: by its ticket, which is kept in memory where there is no
   * `tickets`, else by a full exchange; again and again, with exponential back-off and jitter. It proves itself anew when the gateway asks for that
   * (RFC 4478). A session that either end deletes does not come back. Default false.
   */
  readonly reconnect?: boolean | Partial<ReconnectPolicy>;
  /**
   * With `mobike`: every so many seconds it is looked from which address this machine reaches the gateway, and the session moves there when that is
   * another one. Above 0. Not given: it moves when it is told to (`Session.move`).
   */
  readonly watchAddressSeconds?: number;
  /** With `reconnect`: called when the gateway is lost, before every attempt, and when the session is back. */
  readonly onReconnection?: (event: ReconnectionEvent) => void;
}

/** {@link connect}: the local address may be left out, and is then the one that the gateway is reached from. */
export type ConnectOptions = SessionOptions & Partial<ClientOptions>;

/**
 * The name of a gateway that a ticket is kept under: the identity that it has to prove, since gateways that share one take each
 * other's tickets; where that is left open, its address and port.
 */
export function gatewayName({ peerIdentity }: InitiatorConfiguration, { address, port = IKE_PORT }: GatewayAddress): string {
  if (peerIdentity === undefined) return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
  return `identity ${identityKey(peerIdentity)}`;
}
