import assert from "node:assert/strict";
import { test } from "node:test";
import { StepsAside } from "../../src/gateway/steps_aside.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { outcomeOf, type Step } from "../../src/ike/steps/step.ts";
import { runWave, type WaveServices } from "../../src/ike/steps/wave.ts";

/** Nothing is asked of them. */
const NO_SERVICES = {} as WaveServices;
/** Steps that may wait at once. */
const MOST_ASIDE = 4_096;
const turn = () => new Promise((resolve) => setTimeout(resolve));

/** A step that waits for one promise after the other, and lets go of what it holds in the end. */
function* waits(promises: readonly Promise<unknown>[], happened: string[]): Step<Effect[]> {
  try {
    for (const promise of promises) happened.push((yield* outcomeOf("promise", promise)).kind);
    return [];
  } finally {
    happened.push("let go");
  }
}

test("a step that waits for the second time when its gateway ends lets go of what it holds", async () => {
  const happened: string[] = [];
  const aside = new StepsAside(1_000, (step) => void runWave([step], NO_SERVICES, aside.take));
  await runWave([waits([Promise.resolve(), new Promise(() => {})], happened)], NO_SERVICES, aside.take);
  while (happened.length === 0) await turn();
  assert.equal(aside.count, 1);
  aside.close();
  assert.deepEqual(happened, ["answered", "let go"]);
  assert.equal(aside.count, 0);
});

test("a step whose turn has not come when its gateway ends lets go of what it holds, and does nothing if it comes after all", async () => {
  const happened: string[] = [];
  const inLine: Step<Effect[]>[] = [];
  const aside = new StepsAside(1_000, (step) => inLine.push(step));
  await runWave([waits([Promise.resolve()], happened)], NO_SERVICES, aside.take);
  while (inLine.length === 0) await turn();
  aside.close();
  assert.deepEqual(happened, ["let go"]);
  assert.deepEqual(await runWave(inLine, NO_SERVICES, aside.take), [[]]);
  assert.deepEqual(happened, ["let go"]);
});

test("beyond the steps that may wait one is refused, and the rejection that it does not wait for ends no process", async () => {
  const refused: unknown[] = [];
  const aside = new StepsAside(60_000, (step) => void runWave([step], NO_SERVICES, aside.take));
  const stalled = Array.from({ length: MOST_ASIDE }, () => waits([new Promise(() => {})], []));
  await runWave(stalled, NO_SERVICES, aside.take);
  function* oneMore(): Step<Effect[]> {
    refused.push(yield* outcomeOf("passwordOf", Promise.reject(new Error("no connection"))));
    return [];
  }
  await runWave([oneMore()], NO_SERVICES, aside.take);
  // By then an unhandled rejection would have been told, and have failed this test.
  await turn();
  const [{ kind, fault }] = refused as [{ readonly kind: string; readonly fault: Error }];
  assert.equal(kind, "failed");
  assert.match(fault.message, /^passwordOf: too much is waited for already$/);
  aside.close();
  assert.equal(aside.count, 0);
});

test("what is to be set aside after the end is ended, and its rejection ends no process", async () => {
  const happened: string[] = [];
  const aside = new StepsAside(60_000, () => assert.fail("it goes on"));
  aside.close();
  await runWave([waits([Promise.reject(new Error("no connection"))], happened)], NO_SERVICES, aside.take);
  await turn();
  assert.deepEqual(happened, ["let go"]);
});
