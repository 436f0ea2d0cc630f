import assert from "node:assert/strict";
import { test } from "node:test";
import { BoundedLines, type BoundedLinesOptions } from "../../src/store/bounded_lines.ts";

/** A sink of the test's: it takes as much as it is let, and fails with the codes it is given. */
function scene(options: Partial<BoundedLinesOptions> = {}) {
  const state = { text: "", room: Infinity, code: undefined as string | undefined, most: Infinity };
  const told: string[] = [];
  const lines = new BoundedLines({
    sink: {
      write(octets) {
        if (state.code) return Promise.reject(Object.assign(new Error(`it says ${state.code}`), { code: state.code }));
        const taken = Math.min(octets.length, state.room, state.most);
        if (taken === 0) return Promise.reject(Object.assign(new Error("full"), { code: "EAGAIN" }));
        state.room -= taken;
        state.text += new TextDecoder().decode(octets.subarray(0, taken));
        return Promise.resolve(taken);
      },
    },
    limitOctets: 100,
    onFault: (fault) => told.push(`fault: ${fault instanceof Error ? fault.message : fault}`),
    onRecovery: (count) => told.push(`recovered, ${count} left out`),
    leftOutLine: (count) => `(${count} left out)`,
    ...options,
  });
  return { lines, state, told };
}

const LINE = "x".repeat(29);

test("lines come out whole and in order, however little the sink takes at a time", async () => {
  const { lines, state } = scene();
  state.most = 7;
  for (const line of ["one", "two and a half", "drei"]) assert.equal(lines.write(line), true);
  await lines.flush();
  assert.equal(state.text, "one\ntwo and a half\ndrei\n");
});

test("a sink that is full holds nobody up: what has no room is left out, counted, and told of behind what had room", async () => {
  const { lines, state, told } = scene();
  state.room = 10;
  const accepted = Array.from({ length: 5 }, () => lines.write(LINE));
  assert.deepEqual(accepted, [true, true, true, false, false]);
  await lines.flush(30);
  assert.equal(lines.leftOut, 2);
  state.room = Infinity;
  await lines.flush();
  lines.write("again");
  await lines.flush();
  assert.equal(state.text, `${`${LINE}\n`.repeat(3)}(2 left out)\nagain\n`);
  assert.deepEqual(told, [], "to be full is no fault");
});

test("a disk that is full is told of once, and once when it is not any more; what waited then is written", async () => {
  const { lines, state, told } = scene();
  state.code = "ENOSPC";
  for (let count = 0; count < 5; count++) lines.write(LINE);
  await lines.flush(30);
  lines.write(LINE);
  assert.deepEqual(told, ["fault: it says ENOSPC"]);
  state.code = undefined;
  await lines.flush();
  assert.deepEqual(told, ["fault: it says ENOSPC", "recovered, 3 left out"]);
  assert.equal(state.text, `${`${LINE}\n`.repeat(3)}(3 left out)\n`);
});

test("a reader that has gone is told of once, and everything from then on is counted", async () => {
  const { lines, state, told } = scene();
  state.code = "EPIPE";
  lines.write("one");
  lines.write("two");
  await lines.flush();
  await lines.writeAlways("three");
  assert.equal(lines.write("four"), false);
  assert.deepEqual([lines.leftOut, told, state.text], [4, ["fault: it says EPIPE"], ""]);
});

test("what must not be left out waits beyond the limit, and is told when it is written", async () => {
  const { lines, state } = scene();
  state.room = 0;
  for (let count = 0; count < 4; count++) lines.write(LINE);
  let written = false;
  const answer = lines.writeAlways("an answer").then(() => written = true);
  await lines.flush(30);
  assert.equal(written, false);
  state.room = Infinity;
  await answer;
  assert.ok(state.text.includes("\nan answer\n"));
});

test("lines that are closed give up what they could not write, and try no more", async () => {
  const { lines, state } = scene();
  state.code = "EIO";
  lines.write("one");
  await lines.close(10);
  state.code = undefined;
  assert.equal(lines.write("two"), false);
  await lines.flush();
  assert.deepEqual([state.text, lines.leftOut], ["", 2]);
});

test("lines of a moment are written together; one that was asked for, a full chunk and the end do not wait for others", async () => {
  const writes: string[] = [];
  const lines = new BoundedLines({
    gatherMs: 60_000,
    sink: {
      write(octets) {
        writes.push(new TextDecoder().decode(octets));
        return Promise.resolve(octets.length);
      },
    },
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  lines.write("one");
  await turn();
  lines.write("two");
  await turn();
  assert.deepEqual(writes, []);
  await lines.flush();
  assert.deepEqual(writes, ["one\ntwo\n"]);
  lines.write("three");
  await lines.writeAlways("asked for");
  assert.deepEqual(writes.splice(0), ["one\ntwo\n", "three\nasked for\n"]);
  for (let count = 0; count < 3; count++) lines.write("x".repeat(30_000));
  await turn();
  assert.equal(writes.join("").length, 90_003);
  lines.write("last");
  await lines.close();
  assert.equal(writes[writes.length - 1], "last\n");
});

test("lines that gather are written when their time has come", async () => {
  let text = "";
  const written = Promise.withResolvers<void>();
  const lines = new BoundedLines({
    gatherMs: 1,
    sink: {
      write(octets) {
        text += new TextDecoder().decode(octets);
        written.resolve();
        return Promise.resolve(octets.length);
      },
    },
  });
  lines.write("one");
  lines.write("two");
  await written.promise;
  assert.equal(text, "one\ntwo\n");
});
