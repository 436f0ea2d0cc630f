/**
 * A ticket file that was taken out to be presented: the file itself under another name, which tells by which process. Renaming
 * keeps two processes from taking one ticket; a process that is killed meanwhile leaves a file that says so.
 *
 * @module
 */
import { linkSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { hasCode } from "./owners_file.ts";

const ENDING = ".taken";

/**
 * No attempt lasts as long as this, the full exchange after it included. A file that was taken earlier was left behind,
 * whichever process has that number now, and on whichever machine it was.
 */
const LONGEST_ATTEMPT_MS = 600_000;

/** Takes the file at `path` out, and returns its new path; `undefined`: somebody was faster. */
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

/** Puts a file back, unless another file is there. It is no error if it is gone. */
export function putFileBack(path: string, taken: string): void {
  try {
    // Unlike a renaming this never takes another file's place.
    linkSync(taken, path);
  } catch (error) {
    if (!hasCode(error, "EEXIST") && !hasCode(error, "ENOENT")) throw error;
  }
  rmSync(taken, { force: true });
}

/** The files that were taken out from `path` and are still there. */
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

/** The path that a file was taken out from; `undefined`: its name says that it was not. */
export function placeOfTaken(name: string): string | undefined {
  return /^(.*)\.\d+\.[0-9a-f]{8}\.taken$/.exec(name)?.[1];
}

/** Puts back the files that dead processes left behind. */
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
    // A lack of permission is no answer: the process may live.
    return !hasCode(error, "ESRCH");
  }
}
