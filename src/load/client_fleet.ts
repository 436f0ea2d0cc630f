/**
 * Thousands of clients in one process: each with its identity, its random numbers and its ticket, all over a few shared sockets.
 *
 * @module
 */
import type { DrivenInitiator } from "../client/initiator_driver.ts";
import type { ChildSa } from "../ike/child_sa/child_sa.ts";
import type { SpiPair } from "../ike/ike_sa/spi.ts";
import type { Effect } from "../ike/states/effect.ts";
import type { ClientTicket } from "../ticket/client_ticket.ts";
import { chooseTransport } from "../transport/open_transport.ts";
import type { OpenSocketTransport } from "../transport/transport.ts";
import { type FleetMember, type FleetOptions, FleetSockets } from "./fleet_sockets.ts";

/** How one client's attempt ended. */
export type Outcome =
  | {
    readonly ok: true;
    readonly spis: SpiPair;
    readonly childSa: ChildSa;
    readonly resumed: boolean;
    /** From when it was told to connect to its Child SA and next ticket, in milliseconds. */
    readonly latencyMs: number;
  }
  | { readonly ok: false; readonly reason: string };

interface FleetClient {
  readonly member: FleetMember;
  driven?: DrivenInitiator;
  ticket?: ClientTicket;
}

/** Opens the sockets of a fleet: read and written in batches where the system lets it. */
export const openFleetTransport: OpenSocketTransport = (options) => chooseTransport("auto")(options);

export class ClientFleet {
  readonly #sockets: FleetSockets;
  readonly #isHeardLater: boolean;
  readonly #clients: FleetClient[] = [];
  readonly #fault = Promise.withResolvers<never>();

  static async open(options: FleetOptions): Promise<ClientFleet> {
    const fleet = new ClientFleet(options);
    for (const member of await fleet.#sockets.open()) fleet.#clients.push({ member });
    return fleet;
  }

  private constructor(options: FleetOptions) {
    this.#isHeardLater = options.isHeardLater ?? false;
    this.#sockets = new FleetSockets(
      { ...options, openTransport: options.openTransport ?? openFleetTransport },
      (fault) => this.#fault.reject(fault),
    );
    // It is looked at while clients connect; until then a fault is only remembered.
    this.#fault.promise.catch(() => {});
  }

  /**
   * Brings clients `from` to `end` - 1 up, those that have a ticket with it, at most `concurrency` of them at a time.
   *
   * @returns how each one ended, in their order.
   * @throws what the clients' own cryptography or state machine threw: a programmer's error.
   */
  async connect(from: number, end: number, concurrency: number, onEnd: () => void = () => {}): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    const all = Promise.withResolvers<void>();
    let next = from;
    let left = end - from;
    if (left <= 0) all.resolve();
    // Whoever ends begins the next one: a promise for each of thousands would cost as much as all the rest of it.
    const begin = () => {
      const client = this.#clients[next++];
      this.#connectOne(client, (outcome) => {
        outcomes[client.member.number - from] = outcome;
        onEnd();
        if (--left === 0) all.resolve();
        else if (next < end) begin();
      });
    };
    for (let lane = Math.min(concurrency, left); lane > 0; lane--) begin();
    await Promise.race([all.promise, this.#fault.promise]);
    return outcomes;
  }

  /** Forgets every IKE SA without a word, as clients do that find their gateway gone. Tickets are kept. */
  loseConnections(): void {
    for (const client of this.#clients) {
      if (client.driven !== undefined) this.#sockets.release(client.driven);
      client.driven = undefined;
    }
  }

  close(): Promise<void> {
    return this.#sockets.close();
  }

  #connectOne(client: FleetClient, ended: (outcome: Outcome) => void): void {
    const initiator = this.#sockets.initiatorOf(client.member, client.ticket);
    client.ticket = undefined;
    const attempt = new Attempt(client, performance.now(), this.#isHeardLater, ended);
    client.driven = this.#sockets.start(initiator, client.member, (effect) => attempt.take(effect));
  }
}

/** Watches one attempt until the client has all that it wants: IKE SA, Child SA and the next ticket. */
class Attempt {
  readonly #client: FleetClient;
  readonly #startedMs: number;
  /** A resumed IKE SA is up at its gateway only when that has heard its client on it. */
  readonly #isHeardLater: boolean;
  #isHeard = false;
  /** Told once: `undefined` from then on. */
  #ended: ((outcome: Outcome) => void) | undefined;
  #up: Extract<Effect, { type: "ike-sa-up" }> | undefined;
  #childSa: ChildSa | undefined;

  constructor(
    client: FleetClient,
    startedMs: number,
    isHeardLater: boolean,
    ended: (outcome: Outcome) => void,
  ) {
    this.#isHeardLater = isHeardLater;
    this.#client = client;
    this.#startedMs = startedMs;
    this.#ended = ended;
  }

  take(effect: Effect): void {
    switch (effect.type) {
      case "ike-sa-up":
        this.#up = effect;
        break;
      case "peer-alive":
        this.#isHeard = true;
        break;
      case "child-sa-up":
        this.#childSa = effect.childSa;
        break;
      case "ticket-received":
        this.#client.ticket = effect.ticket;
        break;
      case "ticket-not-granted":
        return this.#end({ ok: false, reason: `no ticket: ${effect.answer}` });
      case "child-sa-failed":
        return this.#end({ ok: false, reason: `no Child SA: notify ${effect.notifyType}` });
      case "ike-sa-down":
        return this.#end({ ok: false, reason: effect.reason });
    }
    if (this.#up === undefined || this.#childSa === undefined || this.#client.ticket === undefined) return;
    if (this.#isHeardLater && this.#up.resumed && !this.#isHeard) return;
    this.#end({
      ok: true,
      spis: this.#up.spis,
      childSa: this.#childSa,
      resumed: this.#up.resumed,
      latencyMs: performance.now() - this.#startedMs,
    });
  }

  #end(outcome: Outcome): void {
    const ended = this.#ended;
    this.#ended = undefined;
    ended?.(outcome);
  }
}
