/**
 * The start of a fleet: clients that share one driver and a few sockets, each with its number and random numbers of its own.
 *
 * @module
 */
import {
  type DrivenInitiator,
  type EffectListener,
  InitiatorDriver,
  type LossModel,
  pathOf,
  type SocketOptions,
} from "../client/initiator_driver.ts";
import type { InitiatorAction } from "../client/initiator_action.ts";
import { NO_CLAIMS } from "../client/no_claims.ts";
import type { KeyExchange, RandomSource } from "../crypto/key_exchange.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import { Initiator, type InitiatorConfiguration } from "../ike/initiator.ts";
import type { Endpoint } from "../ike/steps/datagram.ts";
import type { ClientTicket } from "../ticket/client_ticket.ts";
import { systemClock } from "../transport/system_clock.ts";
import type { OpenSocketTransport, SocketTransport } from "../transport/transport.ts";
import { seededRandom } from "./seeded_random.ts";

/** Socket pairs that the clients share: enough receive buffers that the answers to a wave of any gateway fit. */
const SOCKETS = 4;

export interface FleetOptions {
  /** Whether a gateway takes a resumed IKE SA for up only once it has heard the client on it (failover-03). */
  readonly isHeardLater?: boolean;
  readonly clients: number;
  /** The number of the first of them, where others have those before it. Default 0. */
  readonly firstClient?: number;
  readonly seed: number;
  /** Sets the clients' random numbers apart from those of other runs by the same seed. Default: nothing does. */
  readonly run?: string;
  /** Addresses of this machine that the clients talk from, in turn. */
  readonly address: string | readonly string[];
  /** How many pairs of sockets they share. Default {@link SOCKETS}, or one for each address. */
  readonly sockets?: number;
  /** Where each pair is bound, in place of `address` and `sockets`. */
  readonly places?: readonly SocketOptions[];
  readonly gateway: Endpoint;
  readonly encapsulatedGateway: Endpoint;
  readonly provider: CryptoProvider;
  readonly keyExchange: KeyExchange;
  readonly loss?: LossModel;
  /** Opens the sockets; default: by node:dgram. */
  readonly openTransport?: OpenSocketTransport;
  /** The configuration of a client, by its number and with random numbers of its own. */
  readonly configurationOf: (client: number, random: RandomSource) => InitiatorConfiguration;
}

/** One client of a fleet, whatever it is doing. */
export interface FleetMember {
  readonly number: number;
  readonly random: RandomSource;
  readonly configuration: InitiatorConfiguration;
  readonly transport: SocketTransport;
}

/** The sockets and the driver of a fleet. */
export class FleetSockets {
  readonly #driver: InitiatorDriver;
  readonly #options: FleetOptions;
  readonly #transports: SocketTransport[] = [];

  /** @param onFault is told what the clients' own cryptography or state machine threw: a programmer's error. */
  constructor(options: FleetOptions, onFault: (fault: unknown) => void) {
    this.#options = options;
    this.#driver = new InitiatorDriver({
      services: {
        provider: options.provider,
        keyExchange: options.keyExchange,
        random: seededRandom(options.seed, options.firstClient ? `key exchange from ${options.firstClient}` : "key exchange"),
        claims: NO_CLAIMS,
      },
      clock: systemClock,
      loss: options.loss,
      openTransport: options.openTransport,
      onFault,
    });
  }

  /** Opens the sockets. To be called once. */
  async open(): Promise<FleetMember[]> {
    const { clients, firstClient = 0, seed, run = "", configurationOf } = this.#options;
    for (const place of this.#options.places ?? placesOf(this.#options)) {
      this.#transports.push(await this.#driver.openSocket(place));
    }
    const sockets = this.#transports.length;
    return Array.from({ length: clients }, (_, index) => {
      const number = firstClient + index;
      const random = seededRandom(seed, `client ${number}${run}`);
      return { number, random, configuration: configurationOf(number, random), transport: this.#transports[index % sockets] };
    });
  }

  /** An initiator of a client, with a ticket to present if there is one; {@link start} sets it going. */
  initiatorOf({ configuration, transport, random }: FleetMember, ticket: ClientTicket | undefined): Initiator {
    const { gateway, encapsulatedGateway } = this.#options;
    return new Initiator(configuration, pathOf(transport, gateway, encapsulatedGateway), random, ticket);
  }

  start(initiator: Initiator, { transport }: FleetMember, listener: EffectListener): DrivenInitiator {
    return this.#driver.start(initiator, transport, listener);
  }

  /** Has an initiator do something. */
  act(driven: DrivenInitiator, action: InitiatorAction): void {
    this.#driver.act(driven, action);
  }

  /** Has an initiator go on over the next pair of sockets. With one pair alone it stays where it is. */
  move(driven: DrivenInitiator): void {
    const { gateway, encapsulatedGateway } = this.#options;
    const next = (this.#transports.indexOf(driven.transport) + 1) % this.#transports.length;
    const transport = this.#transports[next];
    this.#driver.act(driven, { type: "move", transport, path: pathOf(transport, gateway, encapsulatedGateway) });
  }

  /** Forgets an initiator and its IKE SA without a word. */
  release(driven: DrivenInitiator): void {
    this.#driver.release(driven);
  }

  /** Closes the sockets. Peers are not told. */
  close(): Promise<void> {
    return this.#driver.close();
  }
}

function placesOf({ address, sockets }: FleetOptions): readonly SocketOptions[] {
  const addresses = typeof address === "string" ? [address] : address;
  const count = sockets ?? Math.max(SOCKETS, addresses.length);
  return Array.from({ length: count }, (_, socket) => ({ address: addresses[socket % addresses.length] }));
}
