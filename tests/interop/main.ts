/**
 * Program: runs the tests of this folder, then prints the table of what they prove against other implementations. Arguments are handed on to
 * `deno test`; its exit status is that of the tests. Where IKE_RESUME_NO_SKIPS is set, a case that is missing is a failure.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { skipIsFailure } from "../skips.ts";
import { RESULTS_FILE } from "./peer_cases.ts";
import { missingOf, resultsOf, tableOf } from "./table.ts";
import { makeTemporaryFolder, removeTemporaryFolder } from "./temporary_folder.ts";

const TESTS = fileURLToPath(new URL(".", import.meta.url));

const words = process.argv.slice(2);
const isPart = words.length > 0;
const folder = makeTemporaryFolder("results");
const results = join(folder, "results");
// Two tests at a time: they wait for each other's programs more than they compute.
const tests = spawn(process.execPath, ["test", "-A", "--parallel", ...words, TESTS], {
  stdio: ["ignore", "inherit", "inherit"],
  env: { ...process.env, [RESULTS_FILE]: results },
});
const status = await new Promise<number>((resolve) => tests.once("close", (code) => resolve(code ?? 1)));
const told = existsSync(results) ? resultsOf(readFileSync(results, "utf8")) : [];
removeTemporaryFolder(folder);
console.log(`\n${tableOf(told, !isPart)}`);
const missing = skipIsFailure() && !isPart ? missingOf(told) : [];
if (missing.length > 0) console.error(`no test that went well: ${missing.join("; ")}`);
process.exitCode = missing.length > 0 ? 1 : status;
