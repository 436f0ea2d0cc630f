/**
 * Folders for the files of a run, some of which hold keys: gone with the run, also when it is interrupted.
 *
 * @module
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { processExists } from "./process_exists.ts";

/** Names carry the process that made them, so that a later run can tell leftovers of a killed one. */
const NAME_PREFIX = "ike-resume-interop";

const folders = new Set<string>();

/** Readable by its owner alone. */
export function makeTemporaryFolder(purpose: string): string {
  sweepLeftovers();
  const folder = mkdtempSync(join(tmpdir(), `${NAME_PREFIX}-${process.pid}-${purpose}-`));
  folders.add(folder);
  return folder;
}

export function removeTemporaryFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
}

let swept = false;

/** Removes what a run that was killed left behind, once. */
function sweepLeftovers(): void {
  if (swept) return;
  swept = true;
  for (const name of readdirSync(tmpdir())) {
    const owner = new RegExp(`^${NAME_PREFIX}-(\\d+)-`).exec(name)?.[1];
    if (owner !== undefined && !processExists(Number(owner))) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

process.on("exit", () => {
  for (const folder of folders) removeTemporaryFolder(folder);
});
