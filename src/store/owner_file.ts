/**
 * Files with secrets: for their owner alone, and replaced as a whole.
 *
 * @module
 */
import { closeSync, constants, fstatSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** Read and write for the owner, nothing for anyone else. */
const OWNER_ONLY = 0o600;
const OTHERS = 0o077;
/** Octets: far more than any file of this project's holds. */
const MAXIMUM_LENGTH = 1_048_576;
/** How often two processes may come in each other's way before one gives up. */
const ATTEMPTS = 5;

/** The file is not as such a file must be. The system's own errors are thrown as they are. */
export class OwnerFileError extends Error {
  override readonly name = "OwnerFileError";
}

/**
 * The file's text; `undefined` when there is no file.
 *
 * @throws {OwnerFileError} others than its owner may open it, or it is no plain file, or too long.
 * @throws {Error} the system cannot read it.
 */
export function readOwnerFile(path: string): string | undefined {
  let descriptor: number;
  try {
    // Without waiting: what stands there may be a pipe that nobody writes to.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) throw new OwnerFileError(`${path} is not a plain file`);
    const mode = status.mode & 0o777;
    if (mode & OTHERS) {
      throw new OwnerFileError(`${path} has mode ${mode.toString(8).padStart(4, "0")}, expected 0600`);
    }
    if (status.size > MAXIMUM_LENGTH) {
      throw new OwnerFileError(`${path} has ${status.size} octets, expected at most ${MAXIMUM_LENGTH}`);
    }
    return readFileSync(descriptor, "utf8");
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Writes a new file beside the old one, then puts it in its place: a crash leaves the old text or the new one. The new file is made for its
 * owner alone from the first moment, and what stood beside before is never written to: someone else might have it open.
 *
 * @throws {Error} the system cannot write it.
 */
export function replaceOwnerFile(path: string, text: string): void {
  const beside = `${path}.new`;
  for (let attempt = 1;; attempt++) {
    try {
      rmSync(beside, { force: true });
      writeNew(beside, text);
      return renameSync(beside, path);
    } catch (error) {
      // Another process writes the same file at this moment: it took the name, or put the file in its place already.
      if (attempt < ATTEMPTS && (hasCode(error, "EEXIST") || hasCode(error, "ENOENT"))) continue;
      forgetBeside(beside);
      throw error;
    }
  }
}

/** It may hold secrets, and nobody will look for it there. */
function forgetBeside(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // It is none of ours: a folder, or in a folder that cannot be written.
  }
}

function writeNew(path: string, text: string): void {
  const descriptor = openSync(path, "wx", OWNER_ONLY);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
