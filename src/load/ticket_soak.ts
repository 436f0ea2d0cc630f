/**
 * The soak: tickets presented round after round over a network that loses and doubles datagrams, to a gateway that is killed in the middle
 * of rounds. Every ticket must be good once: never lost before its use, never accepted after it.
 *
 * @module
 */
import { join } from "node:path";
import type { RandomSource } from "../crypto/key_exchange.ts";
import { loadKeyExchange, loadProvider } from "../providers/mod.ts";
import type { ClientTicket } from "../ticket/client_ticket.ts";
import type { TicketKind } from "../ticket/issued_ticket.ts";
import { GatewayProcess, type Program } from "./gateway_process.ts";
import { SOAK_ADDRESS, soakConfiguration } from "./soak_configuration.ts";
import { SeededLoss } from "./seeded_loss.ts";
import { seededRandom } from "./seeded_random.ts";
import { TemporaryFolder } from "./temporary_folder.ts";
import { type Presented, TicketHolders } from "./ticket_holders.ts";

/** Full exchanges under way at a time. Tickets are presented by all clients at once. */
const FULL_EXCHANGE_CONCURRENCY = 128;
const FULL_EXCHANGE_TRIES = 5;

/** After a kill: what the gateway had sent before is read from the sockets first. */
const LAST_WORDS_MS = 200;

export interface SoakOptions {
  /** Resumptions to reach. The last round is made in full, so that a few more may be counted. */
  readonly resumptions: number;
  readonly clients: number;
  /** Shares of the datagrams of each direction, 0 to below 1. */
  readonly loss: number;
  readonly duplication: number;
  /** How often the gateway is killed, in as many different rounds: no more than there are. */
  readonly kills: number;
  /** How many of the used tickets are presented again: every one, or every n-th. */
  readonly replayEvery: number;
  /** As the gateway's option takes it; a new SQLite file if not given. Memory would forget the claims with the process. */
  readonly store?: string;
  readonly tickets: TicketKind;
  readonly seed: number;
  readonly program: Program;
  /** A line for people. */
  readonly note: (line: string) => void;
}

export interface SoakReport {
  readonly resumptions: number;
  /** Used tickets that were presented once more. */
  readonly replays: number;
  /** How many of the replays were accepted. */
  readonly doubly_accepted: number;
  /** Tickets that were never used, and were refused or unanswered all the same. */
  readonly lost: number;
  /** Attempts that a kill ended. */
  readonly under_way_at_kill: number;
  /** How many of their tickets were claimed already: the client has them not used, and the gateway refuses them. */
  readonly interrupted_by_kill: number;
  readonly kills: number;
  readonly seed: number;
  readonly store: string;
  readonly tickets: TicketKind;
  readonly wall_ms: number;
}

/** Whether no ticket was lost and none was accepted twice. */
export function soakPassed({ doubly_accepted, lost }: SoakReport): boolean {
  return doubly_accepted === 0 && lost === 0;
}

/**
 * Runs it.
 *
 * @throws {RangeError} more kills than rounds.
 * @throws {GatewayProcessError} the gateway could not be started or ended by itself.
 */
export async function ticketSoak(options: SoakOptions): Promise<SoakReport> {
  const rounds = Math.ceil(options.resumptions / options.clients);
  if (options.kills > rounds) {
    throw new RangeError(`ticket soak: ${options.kills} kills in ${rounds} rounds, expected no more kills than rounds`);
  }
  const startedMs = performance.now();
  const folder = new TemporaryFolder("ike-resume-soak-");
  const store = options.store ?? `sqlite:${join(folder.path, "store.db")}`;
  let soak: Soak | undefined;
  try {
    soak = await Soak.begin(options, store, folder);
    const counts = await soak.run(rounds);
    return {
      ...counts,
      kills: options.kills,
      seed: options.seed,
      store: store.split(":")[0],
      tickets: options.tickets,
      wall_ms: Math.round(performance.now() - startedMs),
    };
  } finally {
    await soak?.end();
    folder.remove();
  }
}

interface Used {
  readonly client: number;
  readonly ticket: ClientTicket;
}

class Soak {
  readonly #options: SoakOptions;
  readonly #gatewayArguments: (port: number, natPort: number) => readonly string[];
  readonly #holders: TicketHolders;
  readonly #random: RandomSource;
  readonly #tickets: (ClientTicket | undefined)[];
  readonly #counts = { resumptions: 0, replays: 0, doubly_accepted: 0, lost: 0, under_way_at_kill: 0, interrupted_by_kill: 0 };
  #gateway: GatewayProcess;

  static async begin(options: SoakOptions, store: string, folder: TemporaryFolder): Promise<Soak> {
    const { clientConfiguration, gatewayArguments } = soakConfiguration(options, store, folder.path);
    const gateway = await GatewayProcess.start(options.program, gatewayArguments(0, 0));
    try {
      const holders = await TicketHolders.open({
        provider: await loadProvider("auto"),
        keyExchange: await loadKeyExchange(),
        seed: options.seed,
        clients: options.clients,
        address: SOAK_ADDRESS,
        gateway: gateway.local,
        encapsulatedGateway: gateway.encapsulatedLocal,
        loss: new SeededLoss(options.loss, options.seed, options.duplication),
        configurationOf: clientConfiguration,
      });
      return new Soak(options, gatewayArguments, gateway, holders);
    } catch (error) {
      await gateway.kill();
      throw error;
    }
  }

  private constructor(
    options: SoakOptions,
    gatewayArguments: (port: number, natPort: number) => readonly string[],
    gateway: GatewayProcess,
    holders: TicketHolders,
  ) {
    this.#options = options;
    this.#gatewayArguments = gatewayArguments;
    this.#gateway = gateway;
    this.#holders = holders;
    this.#random = seededRandom(options.seed, "kills");
    this.#tickets = Array.from({ length: options.clients }, () => undefined);
  }

  async run(rounds: number): Promise<Omit<SoakReport, "kills" | "seed" | "store" | "tickets" | "wall_ms">> {
    const killRounds = this.#drawRounds(rounds);
    await this.#getMissingTickets();
    for (let round = 0; this.#counts.resumptions < this.#options.resumptions; round++) {
      const used = await this.#resumeAll(killRounds.has(round));
      await this.#replay(used);
      await this.#getMissingTickets();
      this.#options.note(`round ${round + 1}: ${JSON.stringify(this.#counts)}`);
    }
    return this.#counts;
  }

  async end(): Promise<void> {
    await this.#holders.close();
    await this.#gateway.kill();
  }

  /** All clients present their tickets at once. Returns the tickets that were used. */
  async #resumeAll(withKill: boolean): Promise<Used[]> {
    const { clients } = this.#options;
    const presented = this.#tickets.slice();
    // Somewhere between the second and the ninth tenth of the round.
    const killAfter = withKill ? Math.floor(clients * (0.1 + 0.8 * this.#draw())) : Infinity;
    const killReached = Promise.withResolvers<void>();
    let ended = 0;
    const attempts = presented.map(async (ticket, client) => {
      const outcome = await this.#holders.present(client, required(ticket));
      if (++ended === killAfter) killReached.resolve();
      return outcome;
    });
    if (withKill) {
      if (killAfter > 0) await killReached.promise;
      await this.#killAndRestart();
    }
    const outcomes = await Promise.all(attempts);
    const used: Used[] = [];
    const interrupted: { readonly client: number; readonly authSent: boolean }[] = [];
    for (const [client, outcome] of outcomes.entries()) {
      if (outcome.end === "interrupted") interrupted.push({ client, authSent: outcome.authSent });
      else if (this.#took(client, outcome)) used.push({ client, ticket: required(presented[client]) });
      else this.#countLost(client, outcome);
    }
    this.#counts.under_way_at_kill += interrupted.length;
    used.push(...await this.#presentOnceMore(interrupted, presented));
    return used;
  }

  /**
   * Tickets that were under way when the gateway was killed: one that is refused now must have been claimed, which no gateway does before
   * it has IKE_AUTH.
   */
  async #presentOnceMore(
    interrupted: readonly { readonly client: number; readonly authSent: boolean }[],
    tickets: readonly (ClientTicket | undefined)[],
  ): Promise<Used[]> {
    const outcomes = await Promise.all(
      interrupted.map(({ client }) => this.#holders.present(client, required(tickets[client]))),
    );
    const used: Used[] = [];
    for (const [index, { client, authSent }] of interrupted.entries()) {
      const outcome = outcomes[index];
      if (this.#took(client, outcome)) used.push({ client, ticket: required(tickets[client]) });
      else if (authSent && outcome.end === "refused" && outcome.reason === "nack") {
        this.#tickets[client] = undefined;
        this.#counts.interrupted_by_kill++;
        used.push({ client, ticket: required(tickets[client]) });
      } else this.#countLost(client, outcome);
    }
    return used;
  }

  /** Every n-th used ticket once more, as whoever had stolen a copy would present it. */
  async #replay(used: readonly Used[]): Promise<void> {
    const again = used.filter((_, index) => index % this.#options.replayEvery === 0);
    const outcomes = await Promise.all(again.map(({ client, ticket }) => this.#holders.present(client, ticket, "beside")));
    this.#counts.replays += again.length;
    for (const outcome of outcomes) {
      if (outcome.end === "up") this.#counts.doubly_accepted++;
      else if (outcome.end !== "refused" || outcome.reason !== "nack") {
        this.#options.note(`a used ticket was not refused by TICKET_NACK: ${JSON.stringify(outcome)}`);
      }
    }
  }

  #took(client: number, outcome: Presented): boolean {
    if (outcome.end !== "up" || !outcome.resumed) return false;
    this.#counts.resumptions++;
    this.#tickets[client] = outcome.ticket;
    return true;
  }

  #countLost(client: number, outcome: Presented): void {
    this.#tickets[client] = undefined;
    this.#counts.lost++;
    this.#options.note(`client ${client} lost its ticket: ${outcome.end} ${"reason" in outcome ? outcome.reason : ""}`);
  }

  /** Kills the gateway with whatever is under way, and starts it with the same ports, ticket keys and store. */
  async #killAndRestart(): Promise<void> {
    const { local, encapsulatedLocal } = this.#gateway;
    await this.#gateway.kill();
    await new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS));
    this.#holders.interrupt();
    this.#gateway = await GatewayProcess.start(
      this.#options.program,
      this.#gatewayArguments(local.port, encapsulatedLocal.port),
    );
  }

  /** A full exchange for every client without a ticket. */
  async #getMissingTickets(): Promise<void> {
    const missing = [...this.#tickets.keys()].filter((client) => this.#tickets[client] === undefined);
    const lane = async () => {
      for (let client = missing.pop(); client !== undefined; client = missing.pop()) {
        this.#tickets[client] = await this.#fullExchange(client);
      }
    };
    await Promise.all(Array.from({ length: FULL_EXCHANGE_CONCURRENCY }, lane));
  }

  async #fullExchange(client: number): Promise<ClientTicket> {
    for (let tries = 0; tries < FULL_EXCHANGE_TRIES; tries++) {
      const outcome = await this.#holders.present(client, undefined);
      if (outcome.end === "up" && outcome.ticket !== undefined) return outcome.ticket;
      this.#options.note(`client ${client}: a full exchange failed: ${JSON.stringify(outcome.end)}`);
    }
    throw new Error(`ticket soak: client ${client} got no ticket by ${FULL_EXCHANGE_TRIES} full exchanges`);
  }

  #drawRounds(rounds: number): Set<number> {
    const drawn = new Set<number>();
    while (drawn.size < this.#options.kills) drawn.add(Math.floor(this.#draw() * rounds));
    return drawn;
  }

  /** 0 to below 1. */
  #draw(): number {
    return new DataView(this.#random(4).buffer).getUint32(0) / 2 ** 32;
  }
}

function required(ticket: ClientTicket | undefined): ClientTicket {
  if (ticket === undefined) throw new Error("ticket soak: a client has no ticket");
  return ticket;
}
