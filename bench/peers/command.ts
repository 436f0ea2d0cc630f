/**
 * `bench peers`: this gateway on each runtime and with each provider, killed under its clients and started again, one after the other on one
 * machine. Its figures are those of `ike-resume storm`, whose every resumption is checked at both ends.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parseReport, type ShownStorm } from "../../src/load/report/report_schema.ts";
import { findNode } from "../runtimes.ts";
import { statedOptions } from "../stated_options.ts";

const USAGE = `Usage: deno task bench peers [options]

  --clients <n>     how many are killed off and come back; default 2000
  --provider <p>    wasm, node, ts, several with commas between, both or all; default all
  --runtime <r>     deno, node, or both with a comma between; default deno,node
  --peer <p>        charon, or none; default charon: strongSwan's daemon, where it is installed (Linux, root)
  --json-file <f>   the reports as files for ike-resume report: f-deno.json, f-node.json, f-charon.json

Costs are the gateway's processor time, of a full exchange (shared key, Curve25519) and of a resumption; the wall is from the moment
all are told to come back until the last one is. It takes a minute for each runtime. What was measured before Ctrl-C stands.
charon has no resumption: it is measured by full exchanges of 128 clients at a time, each with its Child SA and Delete.`;

const PROGRAM = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const EXIT_FAILED = 1;

interface Options {
  readonly clients: string;
  readonly provider: string;
  readonly runtimes: readonly string[];
  readonly peers: readonly string[];
  readonly jsonFile: string | undefined;
  readonly help: boolean;
}

/** @return the exit status */
export async function peersCommand(args: readonly string[]): Promise<number> {
  const options = statedOptions(args, { name: "peers", usage: USAGE, parse: parseOptions, showsUsage: true });
  if (typeof options === "number") return options;
  console.log("runtime  provider  full, µs  resumption, µs  full/resumption  all back, ms  failed");
  let status = 0;
  for (const runtime of options.runtimes) {
    const report = await stormOn(runtime, options);
    if (report === undefined) {
      console.log(`${runtime.padEnd(7)}  absent, or its storm failed: see above`);
      status = EXIT_FAILED;
      continue;
    }
    for (const line of linesOf(runtime, report)) console.log(line);
  }
  if (!options.peers.includes("charon")) return status;
  for (const line of await charonLines(options.jsonFile)) console.log(line);
  return status;
}

function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      clients: { type: "string", default: "2000" },
      provider: { type: "string", default: "all" },
      runtime: { type: "string", default: "deno,node" },
      peer: { type: "string", default: "charon" },
      "json-file": { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const runtimes = values.runtime.split(",");
  if (!runtimes.every((runtime) => runtime === "deno" || runtime === "node")) {
    throw new RangeError(`--runtime ${values.runtime}, expected deno, node or deno,node`);
  }
  if (values.peer !== "charon" && values.peer !== "none") {
    throw new RangeError(`--peer ${values.peer}, expected charon or none`);
  }
  return { ...values, peers: [values.peer], runtimes, jsonFile: values["json-file"]?.replace(/\.json$/, "") };
}

async function stormOn(runtime: string, { clients, provider, jsonFile }: Options): Promise<ShownStorm | undefined> {
  const words = ["storm", "--clients", clients, "--provider", provider, "--runtime", runtime, "--json"];
  const child = spawn(process.execPath, ["run", "-A", "--quiet", PROGRAM, ...words], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...(runtime === "node" && { IKE_RESUME_NODE: process.env.IKE_RESUME_NODE ?? findNode() }) },
  });
  const stop = () => child.kill("SIGTERM");
  process.once("exit", stop);
  let stdout = "";
  child.stdout.on("data", (text) => stdout += text);
  await new Promise<void>((resolve) => child.once("close", () => resolve()));
  process.removeListener("exit", stop);
  try {
    const parsed = parseReport(stdout);
    if (parsed.kind !== "storm") return undefined;
    if (jsonFile !== undefined) writeFileSync(`${jsonFile}-${runtime}.json`, stdout);
    return parsed.report;
  } catch {
    return undefined;
  }
}

async function charonLines(jsonFile: string | undefined): Promise<readonly string[]> {
  // Not before: it ends the process at Ctrl-C by itself, for the sake of the namespaces, and so would every bench.
  const { loadCharon, whyNoCharon } = await import("./charon.ts");
  const missing = whyNoCharon();
  if (missing !== undefined) return [`charon   absent: ${missing}`];
  const { operations: { full }, failed, gateway } = await loadCharon(jsonFile);
  if (full === undefined || full.latency_ms === null || failed > 0) {
    return [`charon   ${failed} full exchanges failed: no figure counts`];
  }
  const cost = gateway?.cpu_us_per_success?.toFixed(0) ?? "?";
  const rate = `${full.succeeded} full exchanges at ${full.per_s}/s, p50 ${full.latency_ms.p50} ms`;
  return [`charon   ${"".padEnd(8)}  ${cost.padStart(8)}  ${"none".padStart(14)}  ${rate}`];
}

/** A figure of a run in which a client did not come back counts for nothing. */
function linesOf(runtime: string, { runs, clients }: ShownStorm): readonly string[] {
  return runs.map((run) => {
    const head = `${runtime.padEnd(7)}  ${run.provider.padEnd(8)}`;
    if (run.resumed !== clients || run.failed > 0) return `${head}  ${run.resumed} of ${clients} came back: no figure counts`;
    const { gateway_cpu_us_per_full: full, gateway_cpu_us_per_resumption: resumption, wall_ms } = run;
    return [
      head,
      full.toFixed(0).padStart(8),
      resumption.toFixed(0).padStart(14),
      (full / resumption).toFixed(2).padStart(15),
      wall_ms.toFixed(0).padStart(12),
      String(run.failed).padStart(6),
    ].join("  ");
  });
}
