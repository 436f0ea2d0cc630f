import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import type { Day, HourReport } from "../../bench/day/day.ts";
import { dayReport } from "../../bench/day/day_report.ts";

const ENTRY = fileURLToPath(new URL("../../bench/day/main.ts", import.meta.url));
const TASKS = JSON.parse(readFileSync(new URL("../../deno.json", import.meta.url), "utf8")).tasks as Record<string, string>;
/** As the task starts it. */
const V8_FLAGS = /--v8-flags=\S+/.exec(TASKS["soak:day"])![0];

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function soak(...options: string[]): Promise<Ended> {
  const child = spawn(process.execPath, ["run", "--allow-all", "--quiet", V8_FLAGS, ENTRY, ...options]);
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (part) => stdout += part);
  child.stderr.setEncoding("utf8").on("data", (part) => stderr += part);
  return new Promise((resolve) => child.once("close", (status) => resolve({ status, stdout, stderr })));
}

test("over hours of users that come, stay, are lost, come back and leave, a gateway's memory does not grow, and all is gone after them", async () => {
  const { status, stdout, stderr } = await soak("--hours", "7", "--users", "18", "--json");
  assert.equal(stderr, "");
  const report = JSON.parse(stdout);
  assert.deepEqual(report.faults, []);
  assert.equal(status, 0);
  assert.equal(report.hours, 7);
  assert.ok(report.handshakes > 18 * 7 * 2, stdout);
});

test("octets that are kept of each handshake are found, and named", async () => {
  const { status, stdout } = await soak("--hours", "5", "--users", "12", "--leak", "1000", "--json");
  assert.equal(status, 1);
  assert.match(JSON.parse(stdout).faults[0], /^memory grew by \d+ octets in \d+ handshakes, expected \d+ at most$/);
});

test("a day of hours or users that cannot be is refused with one line", async () => {
  for (const [option, value] of [["hours", "3"], ["users", "x"], ["leak", "-1"]]) {
    const { status, stderr } = await soak(`--${option}=${value}`);
    assert.equal(status, 2);
    assert.match(stderr, new RegExp(`^day soak: --${option} is "${value}", expected a whole number from \\d+ to \\d+\n$`));
  }
});

const HAPPENED = Object.fromEntries(
  [
    ...[
      "ike-sa-up",
      "ike-sa-rekeyed",
      "child-sa-rekeyed",
      "ticket-issued",
      "ticket-revoked",
      "ticket-refused",
      "half-open-ended",
    ],
    ...["replaced-by-resumption", "deleted-by-peer", "no-answer"].map((reason) => `ike-sa-down ${reason}`),
  ].map((name) => [name, 1]),
);

function hourly(hour: number, octets: number, more: Partial<HourReport> = {}): HourReport {
  const counts = { half_open: 0, claims: 0, revocations: 0, ticket_states: 0, ticket_keys: 1 };
  return { hour, octets, handshakes: 100 * hour, up: 3, ...counts, ...more };
}

function dayOf(octets: readonly number[], more: Partial<Day> = {}): Day {
  const hours = octets.map((each, index) => hourly(index + 1, each));
  const after = hourly(hours.length + 3, 900_000, { up: 0, handshakes: hours.at(-1)!.handshakes });
  const nothing = { left: {}, names_given_up: 0, faults: [], ticket_key_rotations: 1 };
  return { users: 3, hours, happened: HAPPENED, after, ...nothing, ...more };
}

test("memory is judged from the second hour on, by the least of two hours at either end, and more of it may be in use the more was served", () => {
  const flat = [2_000_000, 1_000_000, 1_010_000, 1_020_000, 1_000_500];
  const { growth_octets, allowed_octets, faults } = dayReport(dayOf(flat));
  assert.deepEqual({ growth_octets, allowed_octets, faults }, {
    growth_octets: 500,
    allowed_octets: 81_920 + 8 * 300,
    faults: [],
  });
  // One hour alone is no growth, and two are.
  assert.deepEqual(dayReport(dayOf([...flat, 5_000_000])).faults, []);
  assert.deepEqual(dayReport(dayOf([...flat, 1_090_000, 1_090_000])).faults, [
    "memory grew by 90000 octets in 500 handshakes, expected 85920 at most",
  ]);
});

test("whatever is left of clients, or did not happen, is told", () => {
  const flat = [1_000_000, 1_000_000, 1_000_000, 1_000_000];
  const faultsOf = (more: Partial<Day>) => dayReport(dayOf(flat, more)).faults;
  assert.deepEqual(faultsOf({ left: { half_open_octets: 512 } }), [
    "half_open_octets is 512 when everybody had gone, expected 0",
  ]);
  assert.deepEqual(faultsOf({ names_given_up: 2 }), ["2 used or revoked tickets were not forgotten in time"]);
  assert.deepEqual(faultsOf({ after: hourly(7, 1_000_001, { up: 0 }) }), [
    "1000001 octets when everybody had gone, expected no more than the 1000000 with everybody there",
  ]);
  assert.deepEqual(faultsOf({ happened: { ...HAPPENED, "ike-sa-rekeyed": 0 }, ticket_key_rotations: 0 }), [
    "there was no ike-sa-rekeyed: the day shows nothing of it",
    "no ticket key was rotated: the day shows nothing of it",
  ]);
  assert.deepEqual(faultsOf({ faults: ["TypeError: x"] }), ["TypeError: x"]);
  const hours = [
    ...flat.slice(1).map((octets, index) => hourly(index + 1, octets)),
    hourly(4, 1_000_000, { up: 5, half_open: 1 }),
  ];
  assert.deepEqual(faultsOf({ hours }), [
    "5 IKE SAs are up after hour 4, expected 3",
    "1 IKE SAs are half-open after hour 4, expected none",
  ]);
});
