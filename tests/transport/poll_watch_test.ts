import assert from "node:assert/strict";
import { test } from "node:test";
import { watchByPoll } from "../../src/transport/batched/poll_watch.ts";
import type { Libc } from "../../src/transport/libc/libc.ts";

const DESCRIPTORS = [8, 9];
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A system whose answers to `poll` a test gives; the descriptors of `ours` are what they were. */
function scene() {
  const ours = new Set(DESCRIPTORS);
  const asked: { readonly descriptors: number[]; readonly answer: (ready: number) => void }[] = [];
  const calls = { readable: 0, shutdown: [] as number[] };
  const libc = {
    getsockopt: (descriptor: number, _level: number, _option: number, value: Uint8Array) => {
      value[0] = 1;
      return ours.has(descriptor) ? 0 : -1;
    },
    shutdown: (descriptor: number) => calls.shutdown.push(descriptor),
  } as unknown as Libc;
  const poll = (entries: Uint8Array, count: number) => {
    const view = new DataView(entries.buffer);
    const descriptors = Array.from({ length: count }, (_, index) => view.getInt32(8 * index, true));
    return new Promise<number>((resolve) => asked.push({ descriptors, answer: resolve }));
  };
  const watch = watchByPoll(libc, poll, DESCRIPTORS, () => calls.readable++);
  const answer = async (ready: number) => {
    asked[asked.length - 1].answer(ready);
    await pause(0);
  };
  return { ours, asked, calls, watch, answer };
}

test("whenever another thread says that a socket can be read it is, and the thread waits again", async () => {
  const { asked, calls, watch, answer } = scene();
  await answer(1);
  await answer(0);
  await answer(2);
  assert.deepEqual([calls.readable, asked.length], [2, 4]);
  const stopped = watch.stop();
  assert.deepEqual(calls.shutdown, DESCRIPTORS);
  await answer(1);
  await stopped;
  assert.deepEqual([calls.readable, asked.length], [2, 4]);
});

test("a descriptor that is gone is left out: the other thread would report it again and again", async () => {
  const { ours, asked, calls, watch, answer } = scene();
  ours.delete(8);
  await answer(1);
  assert.deepEqual(asked.map(({ descriptors }) => descriptors), [[8, 9], [-1, 9]]);
  assert.equal(calls.readable, 1);
  await Promise.all([watch.stop(), answer(0)]);
});

test("a system that refuses to wait is not asked at once again", async () => {
  const { asked, watch, answer } = scene();
  await answer(-1);
  assert.equal(asked.length, 1);
  while (asked.length < 2) await pause(5);
  await Promise.all([watch.stop(), answer(0)]);
});

test("while no thread gets its turn to wait, as with a disk that does not answer, sockets are read all the same, and are closed", async () => {
  const { asked, calls, watch } = scene();
  while (calls.readable < 3) await pause(5);
  assert.equal(asked.length, 1);
  await watch.stop();
  const { readable } = calls;
  await pause(60);
  assert.equal(calls.readable, readable);
});
