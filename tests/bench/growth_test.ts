import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { grow, WrongCount } from "../../bench/growth/measure.ts";
import { type GrowthReport, slopeOf } from "../../bench/growth/report.ts";
import { SyntheticTickets } from "../../bench/growth/synthetic_tickets.ts";
import { Clients } from "../../bench/pipeline/clients.ts";
import { enrol } from "../../bench/pipeline/enrol.ts";
import type { Frame } from "../../bench/pipeline/frames.ts";
import { GatewayProcess } from "../../bench/pipeline/gateway_process.ts";
import type { Answer, Command } from "../../bench/pipeline/protocol.ts";
import { onDeno } from "../../bench/runtimes.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { TemporaryFolder } from "../../src/load/temporary_folder.ts";
import { loadProvider } from "../../src/providers/mod.ts";
import { loadOrCreateTicketKeyRing } from "../../src/store/ticket_key_file.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { systemClock } from "../../src/transport/system_clock.ts";
import { type Ended, ended } from "../cli/command_line.ts";

const ENTRY = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));
const PRESHARED_KEY = new Uint8Array(32).fill(7);
const folder = new TemporaryFolder("ike-resume-bench-growth-test-");
after(() => folder.remove());

test("bench growth --json has the fields that are documented, one point for each number of IKE SAs, ascending", async () => {
  const { status, stdout, stderr } = await bench("--json", "--quick", "--points", "130,20,130");
  assert.equal(status, 0, stderr);
  assert.equal(stderr, "");
  const report = JSON.parse(stdout) as GrowthReport;
  assert.match(report.runtime, /^deno \d/);
  assert.deepEqual([report.provider, report.checked, report.quick], ["wasm", true, true]);
  assert.deepEqual(report.points.map(({ sas }) => sas), [20, 130]);
  for (const { us_per_resumption, least_us, us_coming_up, thread_us, heap_bytes_per_sa, bytes_per_sa } of report.points) {
    for (const us of [us_per_resumption, least_us, us_coming_up, thread_us]) assert.ok(Number.isFinite(us) && us > 0);
    assert.ok(Number.isInteger(heap_bytes_per_sa) && Number.isInteger(bytes_per_sa));
  }
  assert.ok(report.points[0].ratio_to_fewest > 0);
  assert.equal(report.ratio_max_to_min, report.points[1].ratio_to_fewest);
  assert.ok(Number.isFinite(report.slope_us_per_tenfold));
  assert.ok(Number.isInteger(report.settled_bytes_per_sa) && Number.isInteger(report.settled_heap_bytes_per_sa));
});

test("bench growth says what it cannot do with one line and status 2, and explains itself on request", async () => {
  const wrong: [words: string[], said: RegExp][] = [
    [["--points", "9"], /^bench growth: --points: 9, expected whole numbers from 10 to 1000000\n$/],
    [["--points", "1e6"], /^bench growth: --points: 1e6, expected whole numbers from 10 to 1000000\n$/],
    [["--provider", "all"], /^bench growth: --provider: all is no provider, expected wasm, node, ts\n$/],
    [["--runtime", "bun"], /^bench growth: --runtime is bun, expected deno or node\n$/],
    [["--slow"], /^bench growth: .*--slow.*\n$/],
  ];
  for (const [words, said] of wrong) {
    const { status, stdout, stderr } = await bench(...words);
    assert.equal(status, 2, words.join(" "));
    assert.equal(stdout, "");
    assert.match(stderr, said);
  }
  const { status, stdout } = await bench("--help");
  assert.equal(status, 0);
  assert.match(stdout, /--points N,…/);
});

test("a gateway that has lost an IKE SA, or has one too many, fails the growth bench", async () => {
  const clients = await Clients.open(PRESHARED_KEY);
  const ticketKeyFile = join(folder.path, "ticket-keys");
  const [issued] = await enrol(clients, 1, PRESHARED_KEY, ticketKeyFile);
  const ring = loadOrCreateTicketKeyRing(ticketKeyFile, systemRandom, systemClock().epochSeconds);
  const provider = await loadProvider("ts");
  const tickets = new SyntheticTickets(provider, ring, issued);
  const starter = onDeno(new URL("../../bench/pipeline/gateway.ts", import.meta.url));
  const told = { provider: "ts", presharedKey: "07".repeat(32), ticketKeyFile } as const;
  const [gateway, small] = [await GatewayProcess.start(starter, told), await GatewayProcess.start(starter, told)];
  let miscount = 0;
  const meddling = {
    async tell<Told extends Answer>(command: Command, octets?: Uint8Array): Promise<Frame<Told>> {
      const { header, octets: answered } = await gateway.tell<Told>(command, octets);
      if (!("counters" in header)) return { header, octets: answered };
      const counters = { ...header.counters, ike_sas_established: header.counters["ike_sas_established"] + miscount };
      return { header: { ...header, counters }, octets: answered };
    },
  };
  const setting = { growing: meddling, small, clients, tickets, points: [10], note: () => {}, onPoint: () => {} };
  try {
    const { grown: [{ sas, costs, smallCosts }] } = await grow(setting);
    assert.deepEqual([sas, costs.length, smallCosts.length], [10, 7, 7]);
    miscount = 1;
    await assert.rejects(grow(setting), (error) => {
      assert.ok(error instanceof WrongCount);
      assert.equal(error.message, "11 IKE SAs are up at a gateway, expected 10");
      return true;
    });
  } finally {
    await Promise.all([gateway.end(), small.end()]);
  }
  const others = TicketKeyRing.generate(systemRandom, systemClock().epochSeconds);
  assert.throws(() => new SyntheticTickets(provider, others, issued), /does not open under the keys/);
});

test("however long a machine takes over a client's exchanges, the client does not give up", async () => {
  const { monotonicMs, epochSeconds } = systemClock();
  let looks = 0;
  const clients = await Clients.open(PRESHARED_KEY, () => {
    looks++;
    return { monotonicMs: monotonicMs + 3_600_000 * looks, epochSeconds: epochSeconds + looks };
  });
  assert.equal((await enrol(clients, 2, PRESHARED_KEY, join(folder.path, "slow-ticket-keys"))).length, 2);
});

test("the slope is that of the straight line through all points", () => {
  assert.equal(slopeOf([[3, 70], [4, 72], [5, 74]]), 2);
  assert.equal(slopeOf([[3, 10], [4, 30], [5, 20]]), 5);
  assert.equal(slopeOf([[3, 70]]), 0);
});

function bench(...words: string[]): Promise<Ended> {
  const options = ["run", "--allow-all", "--quiet", ENTRY, "growth", ...words];
  return ended(spawn(process.execPath, options, { stdio: ["ignore", "pipe", "pipe"] }));
}
