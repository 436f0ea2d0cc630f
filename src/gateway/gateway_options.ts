/**
 * Options of a gateway, and what it makes of them when it starts.
 *
 * @module
 */
import type { KeyExchange, RandomSource } from "../crypto/key_exchange.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import { systemRandom } from "../crypto/system_random.ts";
import type { ResponderConfiguration } from "../ike/responder.ts";
import type { Effect } from "../ike/states/effect.ts";
import type { Endpoint } from "../ike/steps/datagram.ts";
import { SteadyTime } from "../ike/steps/steady_time.ts";
import type { TicketClaims, WaveServices } from "../ike/steps/wave.ts";
import { loadKeyExchange, loadProvider } from "../providers/mod.ts";
import type { GatewayStore } from "../store/gateway_store.ts";
import { GuardedStore, type GuardedStoreOptions, type StoreChange, type StoreFailurePolicy } from "../store/guarded_store.ts";
import { memoryStore } from "../store/memory_store.ts";
import type { Identity } from "../ticket/identity.ts";
import { BloomInvalidTicketList, type RevocationChoice } from "../ticket/invalid_ticket_list.ts";
import type { RevocationStore } from "../ticket/revocation_store.ts";
import type { TransportName } from "../transport/open_transport.ts";
import type { Clock } from "../transport/system_clock.ts";
import type { OpenTransport, OtherDatagramKind } from "../transport/transport.ts";

/**
 * What a gateway serves, where, and with what. A function that throws, or whose promise is rejected, harms nobody: it is counted in
 * `hook_faults_total`, and told to `onFault`.
 */
export interface GatewayOptions {
  /** Who it is, which clients it knows, what it allows: see `responderConfiguration`. */
  readonly configuration: ResponderConfiguration;
  /**
   * Addresses of this machine to listen on, IPv4 or IPv6, or the wildcard of either; that of IPv6 takes IPv4 as well, if no IPv4 address stands
   * beside it.
   */
  readonly addresses: readonly string[];
  /** UDP port of IKE. Default 500; 0 lets the system choose, differently for each address. */
  readonly port?: number;
  /** UDP port of IKE and ESP behind a NAT. Default 4500; 0 likewise. */
  readonly natPort?: number;
  /** Gives the start up: `listen` rejects with the signal's reason, and nothing stays open. One that listens is ended by `close`. */
  readonly signal?: AbortSignal;
  /**
   * How UDP sockets are read and written. Default: `auto`, which is `batched` where the system and the permissions of this process allow it, and
   * else `dgram`.
   */
  readonly transport?: TransportName;
  /** Opens the transport for one of `addresses`, in place of UDP sockets. */
  readonly openTransport?: OpenTransport;
  /** Default: the fastest that this runtime has. */
  readonly provider?: CryptoProvider;
  /**
   * `false`: every datagram is served alone. Not given: with the provider `wasm`, plain resumptions of a wave are served together, which is the same
   * to everybody and costs a fraction.
   */
  readonly lane?: boolean;
  /** Diffie-Hellman. Default: that of node:crypto where it is, else that of noble. */
  readonly keyExchange?: KeyExchange;
  /**
   * Where used tickets, the state of tickets by reference and revocations are kept. Default: in memory, forgotten by a restart.
   * The program that opened the store closes it, after the gateway.
   */
  readonly store?: GatewayStore;
  /** What becomes of presented tickets while the store is down. Default: `refuse`. */
  readonly storeFailure?: StoreFailurePolicy;
  /** How long a wave may wait for the store, in milliseconds. Default 500. */
  readonly storeTimeoutMs?: number;
  /**
   * How long a client waits for a function of the configuration that answers by a promise, and for a signature, in milliseconds: 1 to 60,000;
   * default 3,000. Then it is refused, and the fault told. Nobody else waits.
   */
  readonly policyTimeoutMs?: number;
  /** Called once when the store goes down and once when it is up again. */
  readonly onStoreChange?: (change: StoreChange) => void;
  /**
   * The Invalid Ticket List (RFC 5723, section 9.8): `exact`, the default, in the store; a pair of Bloom filters in this process, whose memory
   * does not grow; or `off`, where a ticket by value stays good after its IKE SA was deleted. Tickets by reference need none.
   */
  readonly revocation?: RevocationChoice;
  /** Keeps used tickets elsewhere than in the store, and without its guard: what it rejects with goes to `onFault`. */
  readonly claims?: TicketClaims;
  /** Default: the system's. Keys, nonces and SPIs come from it: another one is for tests. */
  readonly random?: RandomSource;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /**
   * Called with every effect but `send`, in order, once the answers of its wave are sent: SAs that came up or went down,
   * tickets issued and refused. Nothing else is served while it runs; a promise that it returns is not waited for.
   */
  readonly onEffect?: (effect: Effect) => void;
  /** Called with ESP in UDP, NAT keepalives, and what is neither, from the NAT port. */
  readonly onOther?: (kind: OtherDatagramKind, octets: Uint8Array, remote: Endpoint) => void;
  /**
   * Called with a fault that no peer caused; the gateway goes on. Either a store without guard failed, or there is a
   * programmer's error: the datagrams concerned are lost. Or, as a {@link HookError}, one of these functions or of the
   * configuration's threw: told once for each function, then every ten seconds at most. Default: a warning of the runtime,
   * every ten seconds at most.
   */
  readonly onFault?: (fault: unknown) => void;
}

/**
 * Which tickets are to be taken back. By `ticketId`, the name that a `ticket-issued` effect told, the ticket is refused by every gateway that shares
 * the store. By `identity`, all that were issued to it: within seconds by every gateway that shares the store, and after a restart, where the store
 * outlives the process. `untilEpochSeconds`: those issued until then, in seconds since 1970; default: now.
 */
export type RevokedTickets = { readonly ticketId: string } | {
  readonly identity: Identity;
  readonly untilEpochSeconds?: number;
};

/** The store behind its guard, by the gateway's clock, which a test may have made. */
export function guardedStoreOf(
  { store, storeFailure, storeTimeoutMs }: Pick<GatewayOptions, "store" | "storeFailure" | "storeTimeoutMs">,
  clock: Clock,
  listeners: Pick<GuardedStoreOptions, "onChange" | "onCall">,
): GuardedStore {
  const time = new SteadyTime(clock());
  const now = () => time.at(clock());
  return new GuardedStore(store ?? memoryStore(() => clock().epochSeconds, undefined, () => clock().monotonicMs), {
    now,
    ...(storeFailure && { whenDown: storeFailure }),
    ...(storeTimeoutMs !== undefined && { timeoutMs: storeTimeoutMs }),
    ...listeners,
  });
}

/**
 * The services for waves.
 *
 * @throws {RangeError} `revocation` is out of range.
 * @throws {ProviderError} no provider was given and none loads.
 */
export async function servicesOf(options: GatewayOptions, store: GuardedStore, clock: Clock): Promise<WaveServices> {
  return {
    provider: options.provider ?? await loadProvider("auto"),
    keyExchange: options.keyExchange ?? await loadKeyExchange(),
    random: options.random ?? systemRandom,
    claims: options.claims ?? store.claims,
    ticketStates: store.ticketStates,
    revocations: revocationsOf(options, store, clock),
  };
}

/** The Invalid Ticket List that was chosen. */
function revocationsOf(
  { revocation = "exact", configuration }: GatewayOptions,
  store: GuardedStore,
  clock: Clock,
): RevocationStore | undefined {
  if (revocation === "exact") return store.revocations;
  if (revocation === "off") return undefined;
  const lifetimeSeconds = configuration.ticketLifetimeSeconds;
  const time = new SteadyTime(clock());
  return new BloomInvalidTicketList({ ...revocation.bloom, lifetimeSeconds }, () => time.at(clock()));
}
