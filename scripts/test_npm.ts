/**
 * `deno task test:npm`: builds and packs the npm package, installs it into a project of its own (tests/runtimes/node), type-checks
 * that project, and runs its tests on each supported runtime. `--node 22` takes one version of Node alone, without Deno.
 *
 * The last line is `N passed, N failed, N skipped`.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { OPTIONAL_PEERS, TOP } from "./npm/project.ts";

/** Major versions of Node that the package supports. */
const NODE_VERSIONS = ["22", "24", "26"];
const TESTS = [
  "resume_test.ts",
  "library_test.ts",
  "key_exchange_test.ts",
  "bundle_test.ts",
  "readme_test.ts",
  "program_test.ts",
];
/** Tests of the transports, from the sources: what they need is Node alone, and koffi where it is found. */
const TRANSPORT_TESTS = ["batched_socket_test.ts", "bad_input_test.ts", "transport_test.ts"].map((name) =>
  `tests/transport/${name}`
);
const WILDCARD_TESTS = ["tests/transport/wildcard_test.ts"];
/** The version of Node that has foreign functions without koffi, except for waiting in another thread. */
const NODE_WITH_FFI = "26";
/** What judges the packed package, in the version whose rules it follows: its entry points, and whether types are found by each way of looking. */
const JUDGES = [
  { title: "publint finds nothing in it", words: ["publint@0.3.25", "--strict"] },
  // ESM alone: `require` of it is Node's to allow, and nothing of it is for the resolution of before Node 12.
  { title: "its types are right (attw)", words: ["@arethetypeswrong/cli@0.18.5", "--profile", "esm-only"] },
];
const PACKAGE = join(TOP, "dist", "npm");
const TIMEOUT_MS = 240_000;

class Failure extends Error {
  override readonly name = "Failure";
}

const counts = { passed: 0, failed: 0, skipped: 0 };

function main(): void {
  const { values } = parseArgs({ options: { node: { type: "string" } } });
  if (values.node !== undefined && !NODE_VERSIONS.includes(values.node)) {
    throw new Failure(`--node is ${values.node}, expected one of ${NODE_VERSIONS.join(", ")}`);
  }
  const consumer = mkdtempSync(join(tmpdir(), "ike-resume-consumer-"));
  try {
    checkOne("the package builds to the same octets twice", buildTwice);
    let packed = "";
    checkOne("the packed package installs", () => packed = installInto(consumer));
    for (const { title, words } of JUDGES) checkOne(title, () => run("npx", ["--yes", ...words, packed], consumer));
    checkOne(
      "its types serve a strict TypeScript project",
      () => run("npx", ["--no-install", "tsc", "--project", "."], consumer),
    );
    const versions = values.node === undefined ? NODE_VERSIONS : [values.node];
    for (const version of versions) testOnNode(version, consumer);
    if (versions.includes(NODE_WITH_FFI)) testTransports(NODE_WITH_FFI, consumer, TRANSPORT_TESTS);
    if (values.node === undefined) testOnDeno(consumer);
    checkOne("its optional peer koffi installs", () => installKoffi(consumer));
    for (const version of versions) {
      testOnNode(version, consumer, " with koffi");
      testTransports(version, consumer, [...TRANSPORT_TESTS, ...WILDCARD_TESTS], " with koffi");
    }
  } finally {
    rmSync(consumer, { recursive: true, force: true });
  }
}

function buildTwice(): void {
  const [first, second] = [1, 2].map(() => {
    run(process.execPath, ["run", "-A", "scripts/build_npm.ts"], TOP);
    return digestOf(PACKAGE);
  });
  if (first !== second) throw new Failure("two builds of the same sources differ");
}

/** The name of the packed package's file. */
function installInto(consumer: string): string {
  cpSync(join(TOP, "tests/runtimes/node"), consumer, { recursive: true });
  const [packed] = JSON.parse(run("npm", ["pack", "--json", "--pack-destination", consumer], PACKAGE)) as {
    filename: string;
  }[];
  if (packed === undefined) throw new Failure("npm pack named no file");
  run("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error", `./${packed.filename}`], consumer);
  return packed.filename;
}

/** Into the consumer's project, as a user would. */
function installKoffi(consumer: string): void {
  const { koffi } = OPTIONAL_PEERS;
  run("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error", `koffi@${koffi}`], consumer);
}

function testOnNode(version: string, consumer: string, circumstance = ""): void {
  nodeTest(`Node ${version}${circumstance}`, version, TESTS, consumer);
}

/** The tests of the transports from the sources, with whatever packages the consumer has installed. */
function testTransports(version: string, consumer: string, tests: readonly string[], circumstance = ""): void {
  const packages = { NODE_PATH: join(consumer, "node_modules") };
  nodeTest(`transports on Node ${version}${circumstance}`, version, tests, TOP, packages);
}

function nodeTest(
  name: string,
  version: string,
  tests: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): void {
  const arguments_ = ["--yes", `node@${version}`, "--test", "--test-reporter=tap", ...tests];
  const { output, status } = attempt("npx", arguments_, folder, environment);
  const of = (kind: string): number => Number(new RegExp(`^# ${kind} (\\d+)$`, "m").exec(output)?.[1] ?? 0);
  const ran = { passed: of("pass"), failed: of("fail") + of("cancelled"), skipped: of("skipped") + of("todo") };
  countRun(name, ran, status, output);
}

function testOnDeno(consumer: string): void {
  const { output, status } = attempt(process.execPath, ["test", "-A", "--no-check", "--no-lock", ...TESTS], consumer);
  const summary = /^(?:ok|FAILED) \| (?<passed>\d+) passed.* \| (?<failed>\d+) failed(?:.* \| (?<skipped>\d+) ignored)?/m.exec(
    output,
  );
  const of = (kind: string): number => Number(summary?.groups?.[kind] ?? 0);
  countRun("Deno", { passed: of("passed"), failed: of("failed"), skipped: of("skipped") }, status, output);
}

function countRun(runtime: string, ran: typeof counts, status: number, output: string): void {
  counts.passed += ran.passed;
  counts.failed += ran.failed;
  counts.skipped += ran.skipped;
  const complete = status === 0 && ran.passed > 0 && ran.failed === 0;
  if (!complete) {
    console.log(output);
    // A runner that broke down before it counted is a failure too.
    if (ran.failed === 0) counts.failed++;
  }
  console.log(
    `${complete ? "ok    " : "FAILED"} ${runtime}: ${ran.passed} passed, ${ran.failed} failed, ${ran.skipped} skipped`,
  );
}

function checkOne(title: string, check: () => unknown): void {
  check();
  counts.passed++;
  console.log(`ok     ${title}`);
}

/** The standard output of a command that has to succeed. */
function run(command: string, options: readonly string[], folder: string): string {
  const { output, standardOutput, status } = attempt(command, options, folder);
  if (status !== 0) throw new Failure(`${command} ${options.join(" ")} ended with ${status}:\n${output}`);
  return standardOutput;
}

function attempt(
  command: string,
  options: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): { readonly output: string; readonly standardOutput: string; readonly status: number } {
  const { stdout, stderr, status, error } = spawnSync(command, options, {
    cwd: folder,
    env: { ...process.env, NO_COLOR: "1", npm_config_update_notifier: "false", ...environment },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: TIMEOUT_MS,
  });
  if (error !== undefined) throw new Failure(`${command} cannot be run: ${error.message}`);
  return { output: stdout + stderr, standardOutput: stdout, status: status ?? -1 };
}

function digestOf(folder: string): string {
  const hash = createHash("sha256");
  const names = readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const name of names) hash.update(`${name}\0`).update(readFileSync(name));
  return hash.digest("hex");
}

try {
  main();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  counts.failed++;
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;
