/**
 * How many claims a second each store takes, in waves of 64, one wave after the other as a gateway asks. All stores in one process run,
 * interleaved; each answer is checked before its time counts. "shared" is what a worker of several has in memory. A Redis server is asked where IKE_RESUME_STORE names one.
 *
 * Run: deno run -A bench/stores.ts
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { cpus } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { TemporaryFolder } from "../src/load/temporary_folder.ts";
import type { GatewayStore } from "../src/store/gateway_store.ts";
import { GuardedStore } from "../src/store/guarded_store.ts";
import { memoryStore } from "../src/store/memory_store.ts";
import { openStore } from "../src/store/open_store.ts";
import { directStore } from "../src/store/shared/direct_store.ts";
import { sharedMemoryStore } from "../src/store/shared/shared_memory_store.ts";
import { toHexadecimal } from "../src/wire/hexadecimal.ts";

const WAVE = 64;
const WAVES_A_ROUND = 50;
const ROUNDS = 12;
/** Octets of a ticket's name, key identity and IV. */
const TICKET_ID_LENGTH = 20;
const EXPIRES = Math.floor(Date.now() / 1000) + 300;

interface Candidate {
  readonly name: string;
  readonly store: GatewayStore;
  /** Milliseconds of each round. */
  readonly claim: number[];
  readonly isClaimed: number[];
}

const folder = new TemporaryFolder("ike-resume-bench-");
const shared = sharedMemoryStore();
const redisUrl = process.env.IKE_RESUME_STORE;
const candidates: Candidate[] = [
  candidate("memory", memoryStore()),
  candidate("shared", directStore(shared.memory, 0, shared)),
  candidate("sqlite", await openStore(`sqlite:${join(folder.path, "store.db")}`)),
  ...(redisUrl === undefined ? [] : [candidate("redis", await openStore(redisUrl))]),
];

for (let round = 0; round < ROUNDS; round++) {
  for (const { name, store, claim, isClaimed } of candidates) {
    const waves = Array.from({ length: WAVES_A_ROUND }, () =>
      Array.from({ length: WAVE }, () => (
        { ticketId: toHexadecimal(randomBytes(TICKET_ID_LENGTH)), expiresAtEpochSeconds: EXPIRES }
      )));
    isClaimed.push(await timed(waves, (wave) => store.claims.isClaimed(wave), false, name));
    claim.push(await timed(waves, (wave) => store.claims.claim(wave), true, name));
  }
}

console.log(`${cpus()[0]?.model.trim()}, ${runtime()}, waves of ${WAVE}, median of ${ROUNDS} rounds`);
for (const { name, store, claim, isClaimed } of candidates) {
  console.log(`${name.padEnd(8)} ${rate(claim)} claims/s, ${rate(isClaimed)} looks/s, ${perWave(claim)} µs a wave of claims`);
  await store.close();
}
folder.remove();

function candidate(name: string, store: GatewayStore): Candidate {
  return { name, store: new GuardedStore(store), claim: [], isClaimed: [] };
}

type Wave = readonly { readonly ticketId: string; readonly expiresAtEpochSeconds: number }[];
type Answer = readonly unknown[] | Promise<readonly unknown[]>;

async function timed(waves: readonly Wave[], ask: (wave: Wave) => Answer, expected: boolean, name: string): Promise<number> {
  const answers: (readonly unknown[])[] = [];
  const startedMs = performance.now();
  for (const wave of waves) answers.push(await ask(wave));
  const tookMs = performance.now() - startedMs;
  if (!answers.every((answer) => answer.length === WAVE && answer.every((value) => value === expected))) {
    throw new Error(`${name} answered wrongly: no time counts`);
  }
  return tookMs;
}

function rate(rounds: readonly number[]): string {
  return Math.round(WAVE * WAVES_A_ROUND / median(rounds) * 1000).toLocaleString("en").padStart(10);
}

function perWave(rounds: readonly number[]): string {
  return Math.round(median(rounds) / WAVES_A_ROUND * 1000).toLocaleString("en");
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

function runtime(): string {
  const { deno, node } = process.versions;
  return deno === undefined ? `node ${node}` : `deno ${deno}`;
}
