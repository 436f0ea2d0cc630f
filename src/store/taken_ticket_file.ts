/**
 * A ticket file that was taken out to be presented: the file itself under another name, which tells by which process. Renaming is what keeps two
 * processes from one ticket; a process that was killed meanwhile leaves a file that says so.
 *
 * @module
 */
import { linkSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { hasCode } from "./owners_file.ts";

const ENDING = ".taken";

/**
 * No attempt lasts as long as this, the full exchange after it included: what was taken earlier was left behind, whoever has that process's number
 * now, and on whichever machine it was.
 */
const LONGEST_ATTEMPT_MS = 600_000;

/** Takes the file at `path` out. Its new path; `undefined`: somebody was faster. */
export function takeFile(path: string): string | undefined {
  const taken = `${path}.${process.pid}.${crypto.randomUUID().slice(0, 8)}${ENDING}`;
  try {
    renameSync(path, taken);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
  const now = new Date();
  utimesSync(taken, now, now);
  return taken;
}

/** Puts it back, unless another file is there. It is no error that it is gone. */
export function putFileBack(path: string, taken: string): void {
  try {
    // Unlike a renaming this never takes another file's place.
    linkSync(taken, path);
  } catch (error) {
    if (!hasCode(error, "EEXIST") && !hasCode(error, "ENOENT")) throw error;
  }
  rmSync(taken, { force: true });
}

/** All that were taken out from `path` and are still there. */
export function takenFiles(path: string): string[] {
  const folder = dirname(path);
  const start = `${basename(path)}.`;
  try {
    return readdirSync(folder).filter((name) => name.startsWith(start) && name.endsWith(ENDING)).map((name) =>
      join(folder, name)
    );
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}

/** The path that a file was taken out from; `undefined`: its name is none of a file that was. */
export function placeOfTaken(name: string): string | undefined {
  return /^(.*)\.\d+\.[0-9a-f]{8}\.taken$/.exec(name)?.[1];
}

/** Puts back what processes left behind that are no more. */
export function recoverTakenFiles(path: string): void {
  for (const taken of takenFiles(path)) {
    if (isLeftBehind(taken)) putFileBack(path, taken);
  }
}

function isLeftBehind(taken: string): boolean {
  const pid = Number(/\.(\d+)\.[0-9a-f]{8}\.taken$/.exec(taken)?.[1]);
  if (!isRunning(pid)) return true;
  try {
    return Date.now() - statSync(taken).mtimeMs > LONGEST_ATTEMPT_MS;
  } catch {
    return false;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not allowed to ask is no answer.
    return !hasCode(error, "ESRCH");
  }
}
