/**
 * One of the measured processes: takes its setting from the command line as JSON, and prints what it measured, or what was wrong, as JSON.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { loadBatchCore } from "./batch_core.ts";
import { inBatches } from "./batches.ts";
import { timeOperation, timeResumptions, WrongOutput } from "./check.ts";
import { type Implementation, oneByOne, type OperationName, OPERATIONS } from "./implementation.ts";
import { NATIVE_NAMES, NativePeer } from "./native_peer.ts";
import { NOBLE } from "./noble.ts";
import { createNodeCrypto } from "./node_crypto.ts";
import { type Contestant, interleave } from "./rounds.ts";
import type { Session } from "./session.ts";
import { decodeSessions } from "./session_file.ts";
import { timeTwoWorkers } from "./two_workers.ts";
import { loadWasmPeers } from "./wasm_peers.ts";
import { createWebCrypto } from "./web_crypto.ts";

export interface MeasureSetting {
  readonly sessionsPath: string;
  /** The program of bench/peers-rs, where it could be built. */
  readonly nativeProgram: string | undefined;
  readonly rounds: number;
  readonly operationRounds: number;
  readonly warmUpRounds: number;
  readonly workerRepetitions: number;
  readonly workerPhaseMs: number;
}

/** Times are microseconds a session. */
export interface Measured {
  readonly runtime: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly forms: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly resumption: Readonly<Record<string, number>>;
  /** Of the batch core, by the size of its batches. */
  readonly byBatch: Readonly<Record<string, number>>;
  /** By operation, then by implementation. */
  readonly operations: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly twoWorkers: number;
}

/** What a measured process prints. */
export type MeasureAnswer = Measured | { readonly wrong: string };

/** The size at which implementations are compared. */
export const BATCH = 64;
const BATCH_SIZES = [1, 8, BATCH, 512];
const MICROSECONDS = 1_000;
/** What versions of the runtime decide on times. */
const VERSIONS = ["deno", "node", "v8", "openssl"];

try {
  answer(await measure(JSON.parse(process.argv[2]) as MeasureSetting));
  process.exit(0);
} catch (error) {
  if (!(error instanceof WrongOutput)) throw error;
  answer({ wrong: error.message });
  process.exit(1);
}

async function measure(setting: MeasureSetting): Promise<Measured> {
  const { sessionsPath, nativeProgram, rounds, operationRounds, warmUpRounds } = setting;
  const sessions = decodeSessions(readFileSync(sessionsPath));
  const core = await loadBatchCore();
  const rivals = [
    oneByOne(NOBLE),
    oneByOne(createNodeCrypto("hmac")),
    oneByOne(createNodeCrypto("hkdfSync")),
    createWebCrypto(),
    ...(await loadWasmPeers()).map(oneByOne),
  ];
  const natives = nativeProgram === undefined
    ? []
    : NATIVE_NAMES.map((name) => new NativePeer(name, nativeProgram, sessionsPath));
  try {
    const implementations = [...rivals, core];
    const times = await interleave(
      [
        ...rivals.map((rival) => resumptionOf(rival, sessions, BATCH)),
        ...BATCH_SIZES.map((size) => ({ ...resumptionOf(core, sessions, size), name: batchName(size) })),
        ...natives.map((native) => ({ name: native.name, run: () => native.time("resume") })),
      ],
      rounds,
      warmUpRounds,
    );
    const byBatch = Object.fromEntries(BATCH_SIZES.map((size) => [String(size), times[batchName(size)]]));
    const operations: Record<string, Record<string, number>> = {};
    for (const operation of OPERATIONS) {
      const contestants = [
        ...implementations.flatMap((implementation) => operationOf(implementation, operation, sessions)),
        ...(isNative(operation) ? natives.map((native) => ({ name: native.name, run: () => native.time(operation) })) : []),
      ];
      operations[operation] = await interleave(contestants, operationRounds, warmUpRounds);
    }
    return {
      runtime: process.versions.deno === undefined ? `node ${process.versions.node}` : `deno ${process.versions.deno}`,
      versions: Object.fromEntries(VERSIONS.flatMap((name) => {
        const version = process.versions[name];
        return version === undefined ? [] : [[name, version]];
      })),
      forms: Object.fromEntries(rivals.flatMap(({ name, forms }) => forms === undefined ? [] : [[name, forms]])),
      resumption: Object.fromEntries(
        [...rivals, core, ...natives].map(({ name }) => [name, name === core.name ? byBatch[BATCH] : times[name]]),
      ),
      byBatch,
      operations,
      twoWorkers: await timeTwoWorkers({ sessionsPath, batch: BATCH }, setting.workerRepetitions, setting.workerPhaseMs),
    };
  } finally {
    for (const native of natives) native.close();
  }
}

function resumptionOf(implementation: Implementation, sessions: readonly Session[], size: number): Contestant {
  const batches = inBatches(sessions, size);
  return {
    name: implementation.name,
    run: async () => await timeResumptions(implementation, batches) * MICROSECONDS / sessions.length,
  };
}

/** None where the implementation does not have the operation. */
function operationOf(
  { name, operations }: Implementation,
  operation: OperationName,
  sessions: readonly Session[],
): Contestant[] {
  const run = operations.get(operation);
  if (run === undefined) return [];
  const batches = inBatches(sessions, BATCH);
  return [{
    name,
    run: async () => await timeOperation(name, operation, run, batches) * MICROSECONDS / sessions.length,
  }];
}

/** The native libraries have the operations that stand alone. */
function isNative(operation: OperationName): boolean {
  return OPERATIONS.indexOf(operation) <= OPERATIONS.indexOf("seal response");
}

function batchName(size: number): string {
  return `core, batches of ${size}`;
}

function answer(answer: MeasureAnswer): void {
  console.log(JSON.stringify(answer));
}
