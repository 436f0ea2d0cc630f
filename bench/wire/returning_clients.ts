/**
 * The clients of all gateways that are measured: each has one ticket at a time, which the next gateway takes as well, and comes back by it.
 *
 * @module
 */
import { childSaFingerprint, ikeSaName } from "../../src/load/child_sa_fingerprint.ts";
import { ClientFleet, type Outcome } from "../../src/load/client_fleet.ts";
import type { GatewayProcess } from "../../src/load/gateway_process.ts";
import { loadKeyExchange, loadProvider } from "../../src/providers/mod.ts";
import type { Endpoint } from "../../src/ike/steps/datagram.ts";
import { pace } from "../flood/pace.ts";
import { ADDRESS, type SharedSecrets } from "./setting.ts";

const SEED = 1;

/** Both ends had different keys. */
export class UnequalKeys extends Error {
  override readonly name = "UnequalKeys";
}

/** What is to come of a client: it comes back by its ticket, or by a full exchange. */
export type Expected = "resumed" | "full";

/** A part of the clients, by their numbers: from the first up to one before the last. */
export interface Part {
  readonly from: number;
  readonly end: number;
}

export class ReturningClients {
  readonly count: number;
  readonly #fleet: ClientFleet;

  static async open(
    count: number,
    secrets: SharedSecrets,
    gateway: Endpoint,
    encapsulated: Endpoint,
  ): Promise<ReturningClients> {
    const fleet = await ClientFleet.open({
      provider: await loadProvider("auto"),
      keyExchange: await loadKeyExchange(),
      clients: count,
      seed: SEED,
      address: ADDRESS,
      gateway,
      encapsulatedGateway: encapsulated,
      configurationOf: (client) => secrets.clientConfiguration(client),
    });
    return new ReturningClients(count, fleet);
  }

  private constructor(count: number, fleet: ClientFleet) {
    this.count = count;
    this.#fleet = fleet;
  }

  /** So many at a time: the next one starts as one is back. */
  atATime({ from, end }: Part, concurrency: number): Promise<Outcome[]> {
    return this.#fleet.connect(from, end, concurrency);
  }

  /** So many start in one moment; the next ones once all of them are back. */
  async inBursts({ from, end }: Part, size: number): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (let start = from; start < end; start += size) {
      outcomes.push(...await this.#fleet.connect(start, Math.min(start + size, end), size));
    }
    return outcomes;
  }

  /** `rate` a second, each in its time. @return their latencies too, in milliseconds, from when each was due */
  async paced({ from, end }: Part, rate: number): Promise<{ readonly outcomes: Outcome[]; readonly latenciesMs: number[] }> {
    const attempts: Promise<Outcome>[] = [];
    const latenciesMs: number[] = [];
    await pace(rate, end - from, (index, dueMs) => {
      attempts.push(
        this.#fleet.connectClient(from + index).then((outcome) => {
          latenciesMs[index] = performance.now() - dueMs;
          return outcome;
        }),
      );
    }, Infinity);
    return { outcomes: await Promise.all(attempts), latenciesMs };
  }

  forgetTickets({ from, end }: Part): void {
    this.#fleet.forgetTickets(from, end);
  }

  /** Forgets all IKE SAs without a word: the next gateway, or the next round, finds clients that have lost theirs. */
  loseConnections(): void {
    this.#fleet.loseConnections();
  }

  close(): Promise<void> {
    return this.#fleet.close();
  }
}

/**
 * How many came back otherwise than expected, or not at all.
 *
 * @throws {UnequalKeys} a client came back with other keys of its Child SA than the gateway has.
 */
export async function checkedLosses(
  gateway: GatewayProcess,
  outcomes: readonly Outcome[],
  expected: Expected,
): Promise<number> {
  const { fingerprints } = await gateway.ask("fingerprints");
  let lost = 0;
  for (const outcome of outcomes) {
    if (!outcome.ok) {
      lost++;
      continue;
    }
    const name = ikeSaName(outcome.spis);
    if (fingerprints[name] !== childSaFingerprint(outcome.childSa, "initiator")) {
      throw new UnequalKeys(`IKE SA ${name}: the gateway has other Child SA keys than the client`);
    }
    if (outcome.resumed !== (expected === "resumed")) lost++;
  }
  return lost;
}
