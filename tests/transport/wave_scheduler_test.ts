import assert from "node:assert/strict";
import { test } from "node:test";
import { WaveScheduler } from "../../src/transport/wave_scheduler.ts";

/** A scheduler of numbers that remembers its waves; each wave takes a turn of the event loop to serve. */
function scene(limits: { waveLimit?: number; queueLimit?: number } = {}) {
  const waves: number[][] = [];
  const faults: unknown[] = [];
  let serving = 0;
  let mostAtOnce = 0;
  const scheduler = new WaveScheduler<number>({
    ...limits,
    serve: async (wave) => {
      mostAtOnce = Math.max(mostAtOnce, ++serving);
      await new Promise((resolve) => setTimeout(resolve, 1));
      serving--;
      waves.push(wave);
      if (wave.includes(-1)) throw new Error("a fault");
    },
    onFault: (fault) => faults.push(fault),
  });
  return { scheduler, waves, faults, mostAtOnce: () => mostAtOnce };
}

test("a lone item is a wave of one", async () => {
  const { scheduler, waves } = scene();
  scheduler.submit(7);
  await scheduler.idle();
  assert.deepEqual(waves, [[7]]);
});

test("what arrives together is served together, in order, in waves no larger than the limit", async () => {
  const { scheduler, waves } = scene({ waveLimit: 40 });
  const items = Array.from({ length: 100 }, (_, index) => index);
  for (const item of items) scheduler.submit(item);
  await scheduler.idle();
  assert.deepEqual(waves.flat(), items);
  assert.deepEqual(waves.map((wave) => wave.length), [40, 40, 20]);
});

test("one wave at a time is served, also when items arrive meanwhile", async () => {
  const { scheduler, waves, mostAtOnce } = scene({ waveLimit: 3 });
  for (let item = 0; item < 30; item++) {
    scheduler.submit(item);
    if (item % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await scheduler.idle();
  assert.equal(mostAtOnce(), 1);
  assert.deepEqual(waves.flat(), Array.from({ length: 30 }, (_, index) => index));
});

test("beyond the queue's limit the newest is dropped, and what the process itself asks for is not", async () => {
  const { scheduler, waves } = scene({ queueLimit: 5 });
  const accepted = [0, 1, 2, 3, 4, 5, 6].map((item) => scheduler.submit(item));
  assert.deepEqual(accepted, [true, true, true, true, true, false, false]);
  assert.equal(scheduler.submit(99, "always"), true);
  await scheduler.idle();
  assert.deepEqual(waves.flat(), [0, 1, 2, 3, 4, 99]);
  assert.equal(scheduler.submit(5), true);
  await scheduler.idle();
});

test("a wave that fails is told of, and the next one is served", async () => {
  const { scheduler, waves, faults } = scene({ waveLimit: 1 });
  for (const item of [1, -1, 2]) scheduler.submit(item);
  await scheduler.idle();
  assert.deepEqual(waves.flat(), [1, -1, 2]);
  assert.equal(faults.length, 1);
});

test("a scheduler that is stopped hands back what waits, takes nothing more, and serves the wave it is at to its end", async () => {
  const { scheduler, waves } = scene({ waveLimit: 2 });
  for (const item of [1, 2, 3, 4, 5]) scheduler.submit(item);
  while (scheduler.waiting === 5) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(scheduler.stop(), [3, 4, 5]);
  assert.equal(scheduler.submit(6, "always"), false);
  await scheduler.idle();
  assert.deepEqual(waves, [[1, 2]]);
});

test("the most urgent lane goes first, each other keeps two places of a wave, and a lane that is full takes no place of another", async () => {
  const waves: string[][] = [];
  const scheduler = new WaveScheduler<string>({
    serve: (wave) => {
      waves.push(wave);
      return Promise.resolve();
    },
    onFault: (fault) => assert.fail(String(fault)),
    waveLimit: 12,
    queueLimit: 20,
    lanes: 3,
  });
  const submitted = (lane: number) =>
    Array.from({ length: 25 }, (_, index) => scheduler.submit(`${lane}:${index}`, "if-room", lane));
  for (const lane of [2, 1, 0]) assert.equal(submitted(lane).filter((accepted) => accepted).length, 20);
  assert.equal(scheduler.waiting, 60);
  await scheduler.idle();
  const lanesOf = (wave: readonly string[]) =>
    [0, 1, 2].map((lane) => wave.filter((item) => item.startsWith(`${lane}:`)).length);
  assert.deepEqual(waves.map(lanesOf), [[8, 2, 2], [8, 2, 2], [4, 6, 2], [0, 10, 2], [0, 0, 12]]);
  for (const lane of [0, 1, 2]) {
    const served = waves.flat().filter((item) => item.startsWith(`${lane}:`));
    assert.deepEqual(served, Array.from({ length: 20 }, (_, index) => `${lane}:${index}`));
  }
});

test("a wave of one goes to the most urgent", async () => {
  const served: number[] = [];
  const scheduler = new WaveScheduler<number>({
    serve: ([item]) => {
      served.push(item);
      return Promise.resolve();
    },
    onFault: (fault) => assert.fail(String(fault)),
    waveLimit: 1,
    lanes: 5,
  });
  for (const lane of [4, 1, 3, 0]) scheduler.submit(lane, "if-room", lane);
  await scheduler.idle();
  assert.deepEqual(served, [0, 1, 3, 4]);
});

test("while waves wait more than they compute, for a store for example, they grow; else they are as small as before", async () => {
  const sizes: number[] = [];
  let computedMs = 0;
  let isComputing = false;
  const scheduler = new WaveScheduler<number>({
    serve: async (wave) => {
      sizes.push(wave.length);
      await new Promise((resolve) => setTimeout(resolve, 5));
      // More than any wave of this test can take.
      if (isComputing) computedMs += 60_000;
    },
    onFault: (fault) => assert.fail(String(fault)),
    waveLimit: 2,
    widestWave: 12,
    computedMs: () => computedMs,
  });
  const submit = (count: number) => Array.from({ length: count }, (_, item) => scheduler.submit(item));
  submit(40);
  await scheduler.idle();
  // The first one shows only that waves wait.
  assert.deepEqual(sizes.splice(0), [2, 2, 4, 8, 12, 12]);
  isComputing = true;
  submit(25);
  await scheduler.idle();
  assert.deepEqual(sizes, [12, 6, 3, 2, 2]);
});

test("where waves wait for nothing the processor's time, which may take long to ask for, is not asked for", async () => {
  let asked = 0;
  let waits = false;
  const scheduler = new WaveScheduler<number>({
    serve: () => waits ? Promise.resolve() : undefined,
    onFault: (fault) => assert.fail(String(fault)),
    waveLimit: 1,
    widestWave: 4,
    computedMs: () => ++asked,
  });
  const serveThree = async () => {
    for (const item of [1, 2, 3]) scheduler.submit(item);
    await scheduler.idle();
  };
  await serveThree();
  assert.equal(asked, 0);
  waits = true;
  await serveThree();
  assert.ok(asked > 0);
  waits = false;
  await serveThree();
  const askedBefore = asked;
  await serveThree();
  assert.equal(asked, askedBefore);
});

test("a wave that is told that nothing more comes begins in the same turn, and one that is not at the end of it", async () => {
  const { scheduler, waves } = scene();
  const atEndOfTurn = () => new Promise<number>((resolve) => setImmediate(() => resolve(scheduler.waiting)));
  scheduler.submit(1);
  scheduler.begin();
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(scheduler.waiting, 0);
  await scheduler.idle();
  const left = atEndOfTurn();
  scheduler.submit(2);
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(scheduler.waiting, 1);
  assert.equal(await left, 1);
  await scheduler.idle();
  scheduler.begin();
  assert.deepEqual(waves, [[1], [2]]);
});

test("a wave that waits for nothing is over when the scheduler has begun it, and what comes meanwhile is served next", async () => {
  const waves: number[][] = [];
  const faults: unknown[] = [];
  const scheduler: WaveScheduler<number> = new WaveScheduler<number>({
    serve: (wave) => {
      waves.push(wave);
      // A listener may ask for something, and say that it is all.
      if (wave[0] === 1) {
        scheduler.submit(5);
        scheduler.begin();
      }
      if (wave[0] === -1) throw new Error("a fault");
      return undefined;
    },
    onFault: (fault) => faults.push(fault),
    waveLimit: 2,
    widestWave: 4,
  });
  assert.equal(scheduler.submit(0), true);
  scheduler.begin();
  assert.deepEqual(waves.splice(0), [[0]]);
  scheduler.submit(1);
  scheduler.begin();
  assert.deepEqual(waves, [[1]]);
  await scheduler.idle();
  assert.deepEqual(waves.splice(0), [[1], [5]]);
  // What is served at once never waits, so that waves stay as they are.
  for (const item of [2, 3, -1, 4, 5]) scheduler.submit(item);
  scheduler.begin();
  assert.deepEqual(waves, [[2, 3]]);
  await scheduler.idle();
  assert.deepEqual(waves, [[2, 3], [-1, 4], [5]]);
  assert.equal(faults.length, 1);
  assert.equal(scheduler.waiting, 0);
});

test("between waves of a burst the sockets are read where they can be, and what came is served with the rest", async () => {
  const waves: number[][] = [];
  const inKernel = [7, 8];
  const scheduler: WaveScheduler<number> = new WaveScheduler<number>({
    serve: async (wave) => {
      waves.push(wave);
      await new Promise((resolve) => setTimeout(resolve, 5));
    },
    onFault: (fault) => assert.fail(String(fault)),
    waveLimit: 2,
    drain: () => {
      for (const item of inKernel.splice(0)) scheduler.submit(item);
      return true;
    },
  });
  for (const item of [1, 2, 3]) scheduler.submit(item);
  await scheduler.idle();
  assert.deepEqual(waves, [[1, 2], [3, 7], [8]]);
});
