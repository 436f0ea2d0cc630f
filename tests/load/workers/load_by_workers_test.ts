import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { Recorder } from "../../../src/load/generator/recorder.ts";
import { loadByWorkers } from "../../../src/load/workers/load_by_workers.ts";

/** Says what its words are, a line each, and then stands still. */
const PROGRAM = {
  command: process.execPath,
  arguments: ["eval", "for (const line of Deno.args) console.log(line); setInterval(() => {}, 1_000);", "--"],
};
const READY = JSON.stringify({ ready: { all: 2, own: 1 } });
const SECOND = JSON.stringify({ second: { second: 1, begun: 0, left_out: 0, up: 0, operations: {}, failures: {} } });

test("a worker that stands still is ended and counted as lost, and the load ends", async () => {
  const recorder = new Recorder();
  const notes: string[] = [];
  const seconds: number[] = [];
  const { results, workers } = await loadByWorkers(
    { program: PROGRAM, words: [[READY, SECOND], [READY]], silenceMs: 500, signal: new AbortController().signal },
    { note: (line) => notes.push(line), second: ({ second }) => seconds.push(second) },
    recorder,
  );
  assert.deepEqual(results, []);
  assert.deepEqual(workers.map(({ lost }) => lost), ["SIGKILL", "SIGKILL"]);
  assert.equal(recorder.failures["worker-lost"].count, 2);
  assert.deepEqual(notes.toSorted(), [1, 2].map((number) => `worker ${number} told nothing for 0.5 s, and is ended`));
  assert.deepEqual(seconds, [1, 2]);
});
