/**
 * The clients of all gateways that are measured: each has one ticket at a time, which the next gateway takes as well, and comes back by it.
 *
 * @module
 */
import type { Outcome } from "../../src/load/client_fleet.ts";
import type { ClientTicket } from "../../src/ticket/client_ticket.ts";
import { pace } from "../../src/load/hostile/pace.ts";
import type { Attempt } from "./attempt.ts";
import { type GatewayPlace, LeanClients } from "./lean_clients.ts";
import type { SharedSecrets } from "./setting.ts";

/** How a client comes up: by its ticket, or by a full exchange. */
export type Way = "resumed" | "full";

/** A part of the clients, by their numbers: from the first up to one before the last. */
export interface Part {
  readonly from: number;
  readonly end: number;
}

/** In which order they begin. */
export type Order = (clients: PreparedClients) => Promise<void>;

/** Those of one round, whose first messages are made. */
export interface PreparedClients {
  readonly count: number;
  /** @param index among them, from 0 on */
  begin(index: number): Promise<void>;
}

export class ReturningClients {
  readonly count: number;
  readonly #clients: LeanClients;
  readonly #tickets: (ClientTicket | undefined)[] = [];
  #attempts: readonly Attempt[] = [];
  /** The number of the next client that comes for the first time, and never comes back. */
  #newcomer: number;

  static async open(count: number, secrets: SharedSecrets, gateway: GatewayPlace): Promise<ReturningClients> {
    const clients = await LeanClients.open(gateway, (client) => secrets.clientConfiguration(client));
    return new ReturningClients(count, clients);
  }

  private constructor(count: number, clients: LeanClients) {
    this.count = count;
    this.#newcomer = count;
    this.#clients = clients;
  }

  /**
   * Before the clock runs. Those of the round before forget their IKE SAs without a word, as if their gateway were gone. Whoever has a ticket is
   * stood in for by a newcomer in full exchanges: a client that comes up anew without its ticket has the gateway end its old IKE SA too.
   */
  async prepare({ from, end }: Part, way: Way): Promise<void> {
    this.#clients.release(this.#attempts);
    const holders = Array.from({ length: end - from }, (_, index) => {
      const ticket = this.#tickets[from + index];
      if (way === "resumed") return { client: from + index, ticket };
      return { client: ticket === undefined ? from + index : this.#newcomer++ };
    });
    this.#attempts = await this.#clients.prepare(holders);
  }

  /** While the clock runs. Resolves when the last answer to each is there, or none will come. */
  async run(order: Order): Promise<void> {
    const attempts = this.#attempts;
    const begin = (index: number): Promise<void> => this.#clients.begin(attempts[index]);
    await this.#clients.whileUnderWay(attempts, order({ count: attempts.length, begin }));
  }

  /** After the clock has stopped: how it ended with each. They keep their new tickets. */
  async prove(): Promise<Outcome[]> {
    const outcomes = await this.#clients.prove(this.#attempts);
    for (const { client, ticket } of this.#attempts) {
      if (client < this.count) this.#tickets[client] = ticket ?? this.#tickets[client];
    }
    return outcomes;
  }

  close(): Promise<void> {
    return this.#clients.close();
  }
}

/** So many at a time: the next one begins as one is back. */
export function atATime(concurrency: number): Order {
  return async ({ count, begin }) => {
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < count) await begin(next++);
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, count) }, lane));
  };
}

/** So many begin in one moment; the next ones once all of them are back. */
export function inBursts(size: number): Order {
  return async ({ count, begin }) => {
    for (let start = 0; start < count; start += size) {
      const burst = Array.from({ length: Math.min(size, count - start) }, (_, index) => begin(start + index));
      await Promise.all(burst);
    }
  };
}

/** `rate` a second, each in its time; `latenciesMs` gets how long after it was due each was back. */
export function paced(rate: number, latenciesMs: number[]): Order {
  return async ({ count, begin }) => {
    const all: Promise<void>[] = [];
    await pace(rate, count, (index, dueMs) => {
      all.push(begin(index).then(() => void (latenciesMs[index] = performance.now() - dueMs)));
    }, Infinity);
    await Promise.all(all);
  };
}
