/**
 * Hostile datagrams at the rates that a mix asks for, beside a load. Their target is on this machine, or there are none.
 *
 * @module
 */
import type { KeyExchange } from "../../crypto/key_exchange.ts";
import type { CryptoProvider } from "../../crypto/provider.ts";
import type { Endpoint } from "../../ike/steps/datagram.ts";
import type { HostileFlowReport } from "../generator/load_report.ts";
import { LatencyHistogram } from "../generator/latency_histogram.ts";
import type { Attack } from "./attack.ts";
import { AttackerSockets } from "./attacker_sockets.ts";
import { attackKindOf, HOSTILE_KINDS, type HostileKind, type HostileMix, isLoopback } from "./hostile_mix.ts";
import { dueAfter, dueAtMs } from "./pace.ts";

export interface HostileTrafficOptions {
  readonly mix: HostileMix;
  readonly gateway: Endpoint;
  readonly encapsulatedGateway: Endpoint;
  readonly provider: CryptoProvider;
  readonly keyExchange: KeyExchange;
  /** Tickets that open and were never used, to be altered; and tickets that were used. As they stand on the wire. */
  readonly goodTickets: readonly Uint8Array[];
  readonly usedTickets: readonly Uint8Array[];
}

/** How often what is due is looked for, and how much of it is sent in one turn of the event loop at most. */
const TICK_MS = 2;
const MOST_AT_ONCE = 64;

interface Flow {
  readonly kind: HostileKind;
  readonly rate: number;
  readonly sockets: AttackerSockets;
  readonly attack: Attack;
  readonly lag: LatencyHistogram;
}

export class HostileTraffic {
  readonly #flows: readonly Flow[];

  /**
   * Opens the sockets, and prepares what will be sent; nothing is sent yet.
   *
   * @throws {RangeError} the target is not on loopback
   * @throws {TransportError} addresses of loopback cannot be bound
   */
  static async prepare(options: HostileTrafficOptions): Promise<HostileTraffic> {
    const { mix, gateway } = options;
    if (!isLoopback(gateway.address)) throw new RangeError(`hostile traffic to ${gateway.address}, expected loopback alone`);
    const flows: Flow[] = [];
    for (const kind of HOSTILE_KINDS) {
      const rate = mix[kind];
      if (rate === undefined) continue;
      const sockets = new AttackerSockets(gateway);
      const attack = await attackKindOf(kind, gateway.address).prepare({
        ...options,
        presharedKey: new Uint8Array(0),
        datagramsBefore: 0,
        open: (address) => sockets.open(address),
        count: () => sockets.sent++,
        atEnd: () => {},
      });
      flows.push({ kind, rate, sockets, attack, lag: new LatencyHistogram() });
    }
    return new HostileTraffic(flows);
  }

  private constructor(flows: readonly Flow[]) {
    this.#flows = flows;
  }

  /** Begins at once. Resolves when it was ended, with what was sent. */
  async run(signal: AbortSignal): Promise<readonly HostileFlowReport[]> {
    const startedMs = performance.now();
    await Promise.all(this.#flows.map((flow) => sendInTime(flow, signal)));
    const seconds = (performance.now() - startedMs) / 1_000;
    return this.#flows.map(({ kind, rate, sockets: { sent, answers }, lag }) => ({
      ...{ kind, rate, sent, answers },
      per_s: Math.round(sent / seconds),
      lag_p99_ms: lag.percentileMs(99),
    }));
  }

  async close(): Promise<void> {
    await Promise.all(this.#flows.map(({ sockets }) => sockets.close()));
  }
}

async function sendInTime({ rate, attack, lag }: Flow, signal: AbortSignal): Promise<void> {
  const startedMs = performance.now();
  for (let sent = 0; !signal.aborted;) {
    const elapsedMs = performance.now() - startedMs;
    const due = dueAfter(elapsedMs, rate, Infinity);
    for (const end = Math.min(due, sent + MOST_AT_ONCE); sent < end; sent++) {
      lag.record(elapsedMs - dueAtMs(sent, rate));
      attack(sent);
    }
    // Behind: only a turn of the event loop, so that what has come in is read.
    await (sent < due
      ? new Promise((resolve) => setImmediate(resolve))
      : new Promise((resolve) => setTimeout(resolve, TICK_MS)));
  }
}
