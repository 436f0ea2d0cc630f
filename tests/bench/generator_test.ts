import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Sample } from "../../bench/generator/measure.ts";
import { costsOf, generatorReport } from "../../bench/generator/report.ts";
import type { GeneratorReport } from "../../bench/generator/report.ts";
import { parseOptions } from "../../bench/generator/options.ts";
import { generatorTable } from "../../bench/generator/table.ts";
import type { ReferenceCheckout } from "../../bench/pipeline/reference_checkout.ts";
import { type Ended, ended } from "../cli/command_line.ts";

const ENTRY = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));

test("bench generator --json has what a resumption costs the generator of storm, of load and after an outage", async () => {
  const { status, stdout, stderr } = await bench("--quick", "--json", "--clients", "40", "--scenarios", "storm,resume,outage");
  assert.equal(status, 0, stderr);
  assert.equal(stderr, "");
  const report = JSON.parse(stdout) as GeneratorReport;
  assert.match(report.runtime, /^deno \d/);
  assert.deepEqual([report.clients, report.passes, report.checked, report.quick], [40, 1, true, true]);
  assert.deepEqual(Object.keys(report.costs), ["storm", "resume", "outage"]);
  for (const { us, least_us, system_us } of Object.values(report.costs)) {
    assert.ok(us > 0 && least_us === us && system_us >= 0 && system_us < us);
  }
  const { wave } = report.costs.storm!;
  assert.ok(wave !== null && wave >= 1 && wave <= 40, `${wave} datagrams a wave`);
  assert.equal(report.against, null);
});

test("bench generator says what it cannot do with one line and status 2, and explains itself on request", async () => {
  const wrong: [words: string[], said: RegExp][] = [
    [["--scenarios", "storm,flap"], /^bench generator: --scenarios: flap, expected some of storm, resume, outage\n$/],
    [["--clients", "0"], /^bench generator: --clients is 0, expected a whole number from 1 to 20000\n$/],
    [["--runtime", "bun"], /^bench generator: --runtime is bun, expected deno or node\n$/],
    [["--against", "no-such-commit"], /^bench generator: --against no-such-commit: git .*\n$/],
    [["--slow"], /^bench generator: .*--slow.*\n$/],
  ];
  for (const [words, said] of wrong) {
    const { status, stdout, stderr } = await bench(...words);
    assert.equal(status, 2, words.join(" "));
    assert.equal(stdout, "");
    assert.match(stderr, said);
  }
  const { status, stdout } = await bench("--help");
  assert.equal(status, 0);
  assert.match(stdout, /--against REF/);
});

test("bench generator's ratio is that of neighbours, and a commit without load is compared by its storm", () => {
  const sample = (checkout: Sample["checkout"], scenario: Sample["scenario"], pass: number, us: number): Sample => ({
    ...{ checkout, scenario, pass, resumed: 10, failed: 0, wave: null },
    ...{ userUs: 8 * us, systemUs: 2 * us },
  });
  const samples = [
    ...[50, 100, 60].map((us, pass) => sample("change", "storm", pass, us)),
    ...[25, 50, 30].map((us, pass) => sample("change", "resume", pass, us)),
    ...[150, 400, 240].map((us, pass) => sample("base", "storm", pass, us)),
  ];
  const options = parseOptions(["--passes", "3", "--scenarios", "storm,resume"]);
  const reference = { ref: "v1", commit: "1234567" } as ReferenceCheckout;
  const report = generatorReport({ runtime: "deno 2", samples, profiled: [] }, options, reference);
  assert.deepEqual(report.costs.storm, { us: 60, least_us: 50, system_us: 12, wave: null });
  assert.deepEqual(report.against?.ratio, { storm: 4, resume: 8 });
  assert.deepEqual(report.against?.ratio_of_least, { storm: 3, resume: 6 });
  assert.deepEqual(costsOf(samples, "base"), { storm: { us: 240, least_us: 150, system_us: 48, wave: null } });
  assert.match(generatorTable(report), /^resume, by its storm +8 +6$/m);
});

function bench(...words: string[]): Promise<Ended> {
  return ended(
    spawn(process.execPath, ["run", "-A", "--quiet", ENTRY, "generator", ...words], { stdio: ["ignore", "pipe", "pipe"] }),
  );
}
