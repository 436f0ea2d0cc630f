import assert from "node:assert/strict";
import { test } from "node:test";
import { StepsAside } from "../../src/gateway/steps_aside.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { outcomeOf, type Step } from "../../src/ike/steps/step.ts";
import { runWave, type WaveServices } from "../../src/ike/steps/wave.ts";

/** Nothing is asked of them. */
const NO_SERVICES = {} as WaveServices;
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
