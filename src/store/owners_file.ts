/**
 * Files that hold secrets: readable by their owner alone from the first octet on, and never half written.
 *
 * @module
 */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";

/** Read and write for the owner, nothing for anyone else. */
export const OWNER_ONLY = 0o600;
const OTHERS = 0o077;
/** Octets: far more than any file of this project's holds. */
const MAXIMUM_LENGTH = 1_048_576;

/** The file could be read, and must not be: the message says why, and names it. */
export class OwnersFileError extends Error {
  override readonly name = "OwnersFileError";
}

/**
 * The file's text; `undefined` when there is no file.
 *
 * @throws {OwnersFileError} others than its owner may open it, or it is no plain file, or too long.
 * @throws {Error} the system cannot read it: its own error.
 */
export function readOwnersFile(path: string): string | undefined {
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
    if (!status.isFile()) throw new OwnersFileError(`${path} is not a plain file`);
    const mode = status.mode & 0o777;
    if (mode & OTHERS) {
      throw new OwnersFileError(`${path} has mode ${mode.toString(8).padStart(4, "0")}, expected 0600`);
    }
    if (status.size > MAXIMUM_LENGTH) {
      throw new OwnersFileError(`${path} has ${status.size} octets, expected at most ${MAXIMUM_LENGTH}`);
    }
    return readFileSync(descriptor, "utf8");
  } finally {
    closeSync(descriptor);
  }
}

/** Makes the file or takes the place of the one that is there: a crash leaves the old one or the new one. */
export function replaceOwnersFile(path: string, text: string): void {
  writeBeside(path, text, (beside) => renameSync(beside, path));
}

/** Makes the file. `false`: there is one already, and it stays as it is. */
export function createOwnersFile(path: string, text: string): boolean {
  try {
    writeBeside(path, text, (beside) => linkSync(beside, path));
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

/** What is wrong, in the words of whoever found it. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The name is new and nobody's guess: what someone left there, a link for instance, would otherwise be written through. */
function writeBeside(path: string, text: string, takePlace: (beside: string) => void): void {
  const beside = `${path}.${crypto.randomUUID()}.new`;
  try {
    const descriptor = openSync(beside, "wx", OWNER_ONLY);
    try {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    takePlace(beside);
  } finally {
    // It holds secrets, and nobody will look for it there.
    rmSync(beside, { force: true });
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
