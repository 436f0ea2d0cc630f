/**
 * Programs of this checkout on Node, which Deno bundles for it with the packages that they use: what Deno's own runtime lacks is tested there.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const LOWEST_VERSION = 22;
/** Where there is no Node, or too old a one. */
const DEFAULT_VERSION = 24;

/** The path of a Node: of this version, or of any that the project supports. `undefined`: there is none, and none can be had. */
export function nodePath(version?: number): string | undefined {
  const known = paths.get(version);
  if (known !== undefined) return known;
  const found = findNode(version);
  if (found !== undefined) paths.set(version, found);
  return found;
}

const paths = new Map<number | undefined, string>();

function findNode(version: number | undefined): string | undefined {
  try {
    if (version === undefined && versionOf("node") >= LOWEST_VERSION) return "node";
  } catch {
    // There is none on the path.
  }
  try {
    const words = ["--yes", `node@${version ?? DEFAULT_VERSION}`, "--print", "process.execPath"];
    return execFileSync("npx", words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}

function versionOf(command: string): number {
  return Number(/^v(\d+)/.exec(execFileSync(command, ["--version"], { encoding: "utf8" }))?.[1]);
}

const bundles = new Map<string, string>();
let folder: string | undefined;

/** The bundle of a program, made once in this process. */
export function bundleForNode(program: URL): string {
  const known = bundles.get(program.href);
  if (known !== undefined) return known;
  folder ??= temporaryFolder();
  const path = join(folder, `${bundles.size}.mjs`);
  execFileSync(process.execPath, ["bundle", "--quiet", "--output", path, fileURLToPath(program)], { stdio: "ignore" });
  bundles.set(program.href, path);
  return path;
}

function temporaryFolder(): string {
  const made = mkdtempSync(join(tmpdir(), "ike-resume-on-node-"));
  process.on("exit", () => rmSync(made, { recursive: true, force: true }));
  return made;
}
