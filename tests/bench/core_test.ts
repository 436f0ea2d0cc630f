import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { before, test } from "node:test";
import { loadBatchCore } from "../../bench/core/batch_core.ts";
import { inBatches } from "../../bench/core/batches.ts";
import { timeOperation, timeResumptions } from "../../bench/core/check.ts";
import { generateSessions } from "../../bench/core/generate_sessions.ts";
import { type Implementation, oneByOne } from "../../bench/core/implementation.ts";
import { NOBLE } from "../../bench/core/noble.ts";
import { createNodeCrypto } from "../../bench/core/node_crypto.ts";
import { interleave } from "../../bench/core/rounds.ts";
import type { Session } from "../../bench/core/session.ts";
import { decodeSessions, encodeSessions } from "../../bench/core/session_file.ts";
import { loadWasmPeers } from "../../bench/core/wasm_peers.ts";
import { createWebCrypto } from "../../bench/core/web_crypto.ts";
import { BENCH_PEERS, generatedHeader } from "../../scripts/wasm/crate.ts";

const BATCH_SIZES = [1, 3, 64];
const SESSIONS = 67;

const sessions = generateSessions(SESSIONS, 7);
let implementations: Implementation[] = [];

before(async () => {
  implementations = [
    ...[NOBLE, createNodeCrypto("hmac"), createNodeCrypto("hkdfSync"), ...await loadWasmPeers()].map(oneByOne),
    createWebCrypto(),
    await loadBatchCore(),
  ];
});

test("every implementation gives the outputs that are expected, in batches of any size", async () => {
  for (const implementation of implementations) {
    for (const size of BATCH_SIZES) {
      const batches = inBatches(sessions, size);
      assert.ok(await timeResumptions(implementation, batches) > 0);
      for (const [operation, run] of implementation.operations) {
        assert.ok(
          await timeOperation(implementation.name, operation, run, batches) > 0,
          `${implementation.name}: ${operation}`,
        );
      }
    }
  }
});

test("each output that is not as expected is found, and named by implementation and operation", async () => {
  const outputs = {
    ticketState: "open ticket",
    keyingMaterial: "derive keys",
    requestPlaintext: "open request",
    auth: "authenticate",
    childKeys: "child keys",
    response: "seal response",
  } as const;
  for (const implementation of implementations) {
    for (const [output, operation] of Object.entries(outputs)) {
      const altered = alteredIn(sessions, 1, (session) => session.expected[output as keyof typeof outputs]);
      const named = { name: "WrongOutput", message: new RegExp(`^${implementation.name}: ${operation}: .*session 1 `) };
      await assert.rejects(timeResumptions(implementation, inBatches(altered, 64)), named);
      const run = implementation.operations.get(operation);
      assert.ok(run);
      // What the operation is given is of the expected outputs too: either way it is told.
      await assert.rejects(timeOperation(implementation.name, operation, run, inBatches(altered, 64)), named);
    }
  }
});

test("what is not authentic is no output, at any implementation", async () => {
  const altered = alteredIn(sessions, 1, ({ request }) => request);
  for (const implementation of implementations) {
    await assert.rejects(
      timeResumptions(implementation, [altered]),
      new RegExp(`^WrongOutput: ${implementation.name}: open request`),
    );
  }
});

test("the sessions are of a seed, and of unequal lengths", () => {
  assert.deepEqual(generateSessions(3, 7), sessions.slice(0, 3));
  assert.notDeepEqual(generateSessions(1, 8), sessions.slice(0, 1));
  const lengths = (of: (session: Session) => Uint8Array) => new Set(sessions.map((session) => of(session).length)).size;
  assert.ok(lengths(({ ticket }) => ticket) > 20);
  assert.ok(lengths(({ request }) => request) > 30);
  for (const { request, initiatorId } of sessions) {
    assert.ok(request.length >= 180 && request.length <= 420, `a request of ${request.length} octets`);
    assert.ok(initiatorId.length >= 4 + 5 && initiatorId.length <= 4 + 60);
  }
});

test("a file of sessions is read as it was written, and one that is cut off is refused", () => {
  const file = encodeSessions(sessions);
  assert.deepEqual(decodeSessions(file), sessions);
  assert.throws(() => decodeSessions(file.subarray(0, file.length - 1)), RangeError);
});

test("the contestants take turns, and rounds that warm up do not count", async () => {
  const turns: string[] = [];
  const contestant = (name: string, times: number[]) => ({
    name,
    run: () => {
      turns.push(name);
      return Promise.resolve(times.shift() ?? NaN);
    },
  });
  const medians = await interleave([contestant("a", [9, 1, 3, 2]), contestant("b", [9, 6, 5, 4])], 3, 1);
  assert.deepEqual(medians, { a: 2, b: 5 });
  assert.deepEqual(turns, ["a", "b", "b", "a", "a", "b", "b", "a"]);
});

test("the generated peers name the hash of the sources they were built from: else run deno task build:bench-peers", () => {
  assert.deepEqual(readdirSync(BENCH_PEERS.generatedFolder), ["peers.ts"]);
  const text = readFileSync(`${BENCH_PEERS.generatedFolder}peers.ts`, "utf8");
  assert.equal(text.split("\n", 1)[0], generatedHeader(BENCH_PEERS));
});

/** The sessions with one octet changed, in one of them. */
function alteredIn(sessions: readonly Session[], index: number, octetsOf: (session: Session) => Uint8Array): Session[] {
  const copies = decodeSessions(encodeSessions(sessions));
  octetsOf(copies[index])[5] ^= 1;
  return copies;
}
