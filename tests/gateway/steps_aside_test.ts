import assert from "node:assert/strict";
import { test } from "node:test";
import { StepsAside } from "../../src/gateway/steps_aside.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { outcomeOf, type Step } from "../../src/ike/steps/step.ts";
import { runWave, type WaveServices } from "../../src/ike/steps/wave.ts";

/** Nothing is asked of them. */
const NO_SERVICES = {} as WaveServices;
/** Steps that may wait at once, and those of them that strangers have. */
const MOST_ASIDE = 4_096;
const MOST_OF_STRANGERS = 3_072;
const turn = () => new Promise((resolve) => setTimeout(resolve));

/** A step that waits for one promise after the other, and lets go of what it holds in the end. */
function* waits(promises: readonly Promise<unknown>[], happened: string[], hasTicket?: boolean): Step<Effect[]> {
  try {
    for (const promise of promises) happened.push((yield* outcomeOf("promise", promise, hasTicket)).kind);
    return [];
  } finally {
    happened.push("let go");
  }
}

function stalled(length: number, hasTicket: boolean): Step<Effect[]>[] {
  return Array.from({ length }, () => waits([new Promise(() => {})], [], hasTicket));
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
  await runWave(stalled(MOST_OF_STRANGERS, false), NO_SERVICES, aside.take);
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

test("strangers whose policy stalls leave places to those whose tickets have opened, and one that is refused takes none", async () => {
  const inLine: Step<Effect[]>[] = [];
  const aside = new StepsAside(60_000, (step) => inLine.push(step));
  await runWave(stalled(MOST_ASIDE, false), NO_SERVICES, aside.take);
  assert.equal(aside.count, MOST_OF_STRANGERS);
  await runWave(stalled(MOST_ASIDE - MOST_OF_STRANGERS, true), NO_SERVICES, aside.take);
  assert.equal(aside.count, MOST_ASIDE);
  await turn();
  const strangersRefused = MOST_ASIDE - MOST_OF_STRANGERS;
  assert.equal(inLine.length, strangersRefused);
  await runWave(stalled(1, true), NO_SERVICES, aside.take);
  await turn();
  assert.equal(inLine.length, strangersRefused + 1);
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
