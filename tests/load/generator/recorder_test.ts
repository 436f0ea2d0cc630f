import assert from "node:assert/strict";
import { test } from "node:test";
import { Recorder } from "../../../src/load/generator/recorder.ts";

const KINDS = Array.from({ length: 70 }, (_, number) => `kind-${number}`);

test("failures of more kinds than are told apart are counted all the same, under one name that says so", () => {
  const recorder = new Recorder();
  for (const kind of [...KINDS, ...KINDS]) {
    recorder.take({ ok: false, operation: "full", failure: { kind, detail: `an example of ${kind}` } }, 1);
  }
  recorder.endSecond(1, 0);
  assert.equal(recorder.failed, 140);
  const { "other-failures": others, ...known } = recorder.failures;
  assert.equal(Object.keys(known).length, 64);
  assert.deepEqual(known["kind-3"], { count: 2, example: "an example of kind-3" });
  assert.deepEqual(others, { count: 12, example: "there are 64 kinds already: those of all others are counted as this one" });
});

test("nothing is lost of kinds that come in another second, or from another process", () => {
  const [here, there] = [new Recorder(), new Recorder()];
  for (const kind of KINDS.slice(0, 40)) here.fail(kind, "here");
  here.endSecond(1, 0);
  for (const kind of KINDS.slice(30)) there.fail(kind, "there", 3);
  here.add(there.endSecond(2, 0).detail);
  const { second } = here.endSecond(2, 0);
  assert.deepEqual([second.failed, here.failed], [120, 160]);
  assert.deepEqual([Object.keys(here.failures).length, here.failures["other-failures"].count], [65, 18]);
});
