/**
 * Clients of a fleet, as the library has them: each keeps its session up by itself, and goes on at another gateway when its own is gone.
 *
 * @module
 */
import { Client } from "../../src/client/client.ts";
import type { ReconnectionEvent } from "../../src/client/reconnect_policy.ts";
import type { Session } from "../../src/client/session.ts";
import type { GatewayAddress } from "../../src/client/session_options.ts";
import type { InitiatorConfiguration } from "../../src/ike/policy/initiator_configuration.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { MemoryClientTickets } from "../../src/store/memory_client_tickets.ts";
import { type ClientTicket, copyOfTicket } from "../../src/ticket/client_ticket.ts";
import type { ClientTicketKey } from "../../src/ticket/client_ticket_store.ts";

/** Pairs of sockets that the clients share. */
const SOCKETS = 16;
const AT_ONCE = 96;

export interface FleetClientsOptions {
  readonly count: number;
  readonly gateways: readonly GatewayAddress[];
  readonly configurationOf: (client: number) => InitiatorConfiguration;
}

export class FleetClients {
  readonly members: readonly FleetClient[];
  /** What happens to the fleet just now, in a few words. */
  phase = "at first";
  readonly #clients: readonly Client[];

  static async open(options: FleetClientsOptions): Promise<FleetClients> {
    const clients = await Promise.all(Array.from({ length: SOCKETS }, () => Client.open({ address: "127.0.0.1" })));
    return new FleetClients(options, clients);
  }

  private constructor({ count, gateways, configurationOf }: FleetClientsOptions, clients: readonly Client[]) {
    this.#clients = clients;
    this.members = Array.from({ length: count }, (_, number) => {
      // Each begins with another gateway of the list.
      const list = gateways.map((_, place) => gateways[(number + place) % gateways.length]);
      return new FleetClient(clients[number % SOCKETS], configurationOf(number), list, () => this.phase);
    });
  }

  /** Brings all of them up, by full exchanges. */
  async connect(): Promise<void> {
    let next = 0;
    const lane = async () => {
      while (next < this.members.length) await this.members[next++].connect();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
  }

  /** A gateway is gone without a word: its clients are without an IKE SA from now on. */
  lose(address: string): void {
    for (const member of this.members) member.lose(address);
  }

  get up(): number {
    return this.members.filter(({ isUp }) => isUp).length;
  }

  /** How many have their session with a gateway. */
  at(address: string): number {
    return this.members.filter((member) => member.isUp && member.gateway === address).length;
  }

  async close(): Promise<void> {
    for (const member of this.members) member.leave();
    await Promise.all(this.#clients.map((client) => client.close()));
  }
}

const NO_TICKET = "it had no ticket to present";
const WORDS = { nack: "TICKET_NACK", "no-answer": "no answer", refused: "a refusal of IKE_AUTH" } as const;

export class FleetClient {
  readonly #client: Client;
  readonly #phase: () => string;
  readonly #gateways: readonly GatewayAddress[];
  readonly #tickets = new WatchedTickets();
  #session: Session | undefined;
  #isOver = false;
  #withoutSinceMs: number | undefined;
  readonly configuration: InitiatorConfiguration;
  /** For how long it had no IKE SA in all. */
  withoutSaMs = 0;
  fullExchanges = 0;
  resumptions = 0;
  /** Why it made further full exchanges. */
  readonly furtherBecause: string[] = [];
  #why = NO_TICKET;
  #presented: ClientTicket | undefined;
  #isRestarting = false;
  /** Its gateway has sent it elsewhere, and it is on its way. */
  #isMoving = false;
  /** Tickets that were used, the latest last. */
  readonly used: ClientTicket[] = [];

  /** @param phase what happens to the fleet just now */
  constructor(
    client: Client,
    configuration: InitiatorConfiguration,
    gateways: readonly GatewayAddress[],
    phase: () => string,
  ) {
    this.#client = client;
    this.#phase = phase;
    this.configuration = configuration;
    this.#gateways = gateways;
  }

  /** The address of the gateway that it has its IKE SA with, or had last. */
  get gateway(): string | undefined {
    return this.#session?.link.gateway.address;
  }

  get isUp(): boolean {
    return this.#session !== undefined && !this.#isOver && this.#withoutSinceMs === undefined;
  }

  async connect(): Promise<void> {
    const [gateway, ...otherGateways] = this.#gateways;
    const session = await this.#client.connect({
      configuration: this.configuration,
      gateway,
      otherGateways,
      tickets: this.#tickets,
      reconnect: { initialMs: 200, maximumMs: 2_000 },
      onEffect: (effect) => this.#take(effect),
      onReconnection: (event) => this.#hear(event),
    });
    this.#session = session;
    this.#isOver = false;
    this.#isBack();
    void session.closed.then(() => {
      if (this.#session === session) this.#isOver = true;
    });
  }

  /** Goes and comes back at once, as a client does that was restarted. */
  async restart(): Promise<void> {
    // One on its way elsewhere would give that up, and with it perhaps a ticket that is just being used.
    if (!this.isUp || this.#isMoving) return;
    const session = this.#session;
    this.#session = undefined;
    session?.abandon();
    this.#isRestarting = true;
    await this.connect().finally(() => this.#isRestarting = false);
  }

  lose(address: string): void {
    if (this.gateway === address) this.#withoutSinceMs ??= performance.now();
  }

  leave(): void {
    this.#session?.abandon();
  }

  #take(effect: Effect): void {
    if (effect.type === "resumption-failed") {
      this.#why = `its ticket came to ${WORDS[effect.reason]}${this.#isRestarting ? " as it was restarted" : ""}`;
    }
    if (effect.type === "redirection-asked") this.#isMoving = true;
    if (effect.type !== "ike-sa-up") return;
    if (!effect.resumed) {
      if (this.fullExchanges++ > 0) this.furtherBecause.push(`${this.#phase()}, ${this.#why}`);
      this.#why = NO_TICKET;
    }
    if (effect.resumed) {
      this.resumptions++;
      this.#presented = this.#tickets.taken;
    }
  }

  #hear({ type }: ReconnectionEvent): void {
    if (type === "connection-lost") this.#withoutSinceMs ??= performance.now();
    // The event comes when the session has its new IKE SA.
    if (type === "connection-back" || type === "redirected") this.#isBack();
  }

  #isBack(): void {
    if (this.#withoutSinceMs !== undefined) this.withoutSaMs += performance.now() - this.#withoutSinceMs;
    this.#withoutSinceMs = undefined;
    this.#isMoving = false;
    void this.#use();
  }

  /** The ticket of the new IKE SA has been used: by a protected exchange not before the gateway has heard its client. */
  async #use(): Promise<void> {
    const ticket = this.#presented;
    this.#presented = undefined;
    if (ticket === undefined) return;
    const isHeard = this.configuration.profile.presentation.kind !== "protected-exchange" ||
      await this.#session?.checkLiveness().catch(() => false);
    if (isHeard) this.used.push(ticket);
  }
}

/** A store that remembers which ticket was taken out last. */
class WatchedTickets extends MemoryClientTickets {
  taken: ClientTicket | undefined;

  override async take(key: ClientTicketKey, nowEpochSeconds: number): Promise<ClientTicket | undefined> {
    const ticket = await super.take(key, nowEpochSeconds);
    if (ticket) this.taken = copyOfTicket(ticket);
    return ticket;
  }
}
