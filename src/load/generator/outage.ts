/**
 * The outage: all clients come up, their gateway goes away, and all of them want back at once.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { LoadClient } from "./load_client.ts";
import type { LoadOutcome } from "./load_outcome.ts";
import type { OutageReport } from "./load_report.ts";

export interface OutageOptions {
  /** How many come up at a time, before the outage. */
  readonly concurrency: number;
  /** How long the gateway may take to go away, and as long again to be back for all. */
  readonly limitMs: number;
  /** When the load began. */
  readonly startedMs: number;
  readonly signal: AbortSignal;
  readonly begun: () => void;
  readonly tell: (outcome: LoadOutcome, latencyMs: number) => void;
  readonly note: (line: string) => void;
}

/** Between two questions whether the gateway lives. */
const WATCH_MS = 200;
/** A gateway that has not answered for so long is away. */
const AWAY_MS = 1_000;
const NO_OUTAGE: OutageReport = { away_at_ms: null, away_ms: null, all_back_ms: null, back: 0 };

export async function outage(clients: readonly LoadClient[], options: OutageOptions): Promise<OutageReport> {
  const { note, signal, limitMs } = options;
  await allUp(clients, options);
  const up = clients.filter(({ isUp }) => isUp);
  if (up.length === 0 || signal.aborted) return NO_OUTAGE;
  note(`${up.length} of ${clients.length} clients are up: stop the gateway now, and start it again`);
  const deadline = performance.now() + limitMs;
  if (!await isAway(up[0], deadline, signal)) {
    note("the gateway did not go away");
    return NO_OUTAGE;
  }
  const awayAtMs = performance.now();
  note("the gateway is away: all clients want back");
  return await allBack(up, awayAtMs, options);
}

async function allUp(clients: readonly LoadClient[], { concurrency, signal, begun, tell }: OutageOptions): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < clients.length && !signal.aborted) {
      const client = clients[next++];
      const startedMs = performance.now();
      begun();
      tell(await cameUp(client, false), performance.now() - startedMs);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, clients.length) }, lane));
}

function cameUp(client: LoadClient, mayResume: boolean): Promise<LoadOutcome> {
  return new Promise((resolve) => client.comeUp(mayResume, resolve));
}

async function isAway(canary: LoadClient, deadlineMs: number, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted && performance.now() < deadlineMs) {
    const asked = new Promise<boolean>((resolve) => canary.checkLiveness(resolve));
    const answered = await Promise.race([asked, sleep(AWAY_MS, false)]);
    if (!answered) return !signal.aborted;
    await sleep(WATCH_MS);
  }
  return false;
}

/** A client whose ticket is refused comes back by a full exchange: that it had to is what is counted as failed. */
async function allBack(clients: readonly LoadClient[], awayAtMs: number, options: OutageOptions): Promise<OutageReport> {
  const { signal, begun, tell, limitMs, startedMs } = options;
  const sinceMs = () => Math.round(performance.now() - awayAtMs);
  let first: number | null = null;
  let last: number | null = null;
  let back = 0;
  const comeBack = async (client: LoadClient) => {
    begun();
    let outcome = await cameUp(client, true);
    tell(outcome, sinceMs());
    if (!outcome.ok && outcome.failure.kind.startsWith("ticket-") && !signal.aborted) {
      outcome = await cameUp(client, false);
      tell(outcome, sinceMs());
    }
    if (!outcome.ok) return;
    last = sinceMs();
    first ??= last;
    back++;
  };
  const limit = sleep(limitMs, undefined, { signal, ref: false }).catch(() => {});
  await Promise.race([Promise.all(clients.map(comeBack)), limit]);
  const away_at_ms = Math.round(awayAtMs - startedMs);
  return { away_at_ms, away_ms: first, all_back_ms: back === clients.length ? last : null, back };
}
