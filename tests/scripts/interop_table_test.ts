import assert from "node:assert/strict";
import { test } from "node:test";
import { PEER_CASES, type TableResult } from "../interop/peer_cases.ts";
import { missingOf, resultsOf, tableOf } from "../interop/table.ts";

const ONE: TableResult = { peer: "P", role: "client", cases: ["psk"], suite: "a/b", result: "ok", seconds: 1.25 };

function rowsOf(results: readonly TableResult[], what: string): string[] {
  const rows = tableOf(results).split("\n").filter((line) => line.includes(` ${what} `));
  return rows.map((line) => line.replaceAll(/ +/g, " "));
}

test("the table has a line for each case in both roles, as good as its worst test, and says what is missing", () => {
  const failed = { ...ONE, result: "failed", seconds: 2 } as const;
  const results = resultsOf(`${JSON.stringify(ONE)}\n${JSON.stringify({ ...ONE, cases: ["rsa", "psk"], suite: "c" })}\n`);
  assert.deepEqual(rowsOf(results, PEER_CASES.psk), [
    "| P | client | shared key | a/b | ok | 1.3 |",
    "| P | client | shared key | c | ok | 1.3 |",
    "| | gateway | shared key | | missing | |",
  ]);
  assert.deepEqual(rowsOf([ONE, failed], PEER_CASES.psk)[0], "| P | client | shared key | a/b | failed | 3.3 |");
  assert.deepEqual(rowsOf([], PEER_CASES["nat-rebinding"]).length, 2);
});

test("what has no test that went well in a role is named with it", () => {
  const all = Object.keys(PEER_CASES) as (keyof typeof PEER_CASES)[];
  const both = [{ ...ONE, cases: all }, { ...ONE, role: "gateway", cases: all.filter((one) => one !== "rsa") }] as const;
  assert.deepEqual(missingOf(both), [`gateway: ${PEER_CASES.rsa}`]);
  assert.deepEqual(missingOf([...both, { ...ONE, role: "gateway", cases: ["rsa"], result: "skipped" }]).length, 1);
});
