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
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { wipe } from "../crypto/wipe.ts";
import { refusalOfMode } from "./secret_file_mode.ts";

/** Read and write for the owner, nothing for anyone else. */
export const OWNER_ONLY = 0o600;
/** Octets: far more than any file of this project's holds. */
const MAXIMUM_LENGTH = 1_048_576;
const CHUNK_LENGTH = 4_096;

/** A file could be read, but must not be: the message names it and says why. */
export class OwnersFileError extends Error {
  override readonly name = "OwnersFileError";
}

/**
 * The file's text, which is UTF-8; `undefined` when there is no file.
 *
 * @throws {OwnersFileError} others than its owner may open it, or it is no plain file, too long, or no text.
 * @throws {Error} the system cannot read it: its own error.
 */
export function readOwnersFile(path: string): string | undefined {
  let octets: Uint8Array;
  try {
    // Without waiting: the path may be that of a pipe that nobody writes to.
    octets = readOctets(path, constants.O_NONBLOCK, false);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(octets);
  } catch {
    // If octets were replaced by other characters, two secrets could become the same.
    throw new OwnersFileError(`${path} is not UTF-8 text`);
  }
}

/**
 * The octets of a file, or of a pipe that another program writes a secret to: `<(…)`, `/dev/stdin`.
 *
 * @throws {OwnersFileError} others than its owner may open it, or it is neither file nor pipe, or too long.
 * @throws {Error} there is none, or the system cannot read it: its own error.
 */
export function readOwnersOctets(path: string): Uint8Array {
  return readOctets(path, 0, true);
}

function readOctets(path: string, flags: number, orPipe: boolean): Uint8Array {
  const descriptor = openSync(path, constants.O_RDONLY | flags);
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile() && !(orPipe && status.isFIFO())) throw new OwnersFileError(`${path} is not a plain file`);
    const refusal = refusalOfMode(status);
    if (refusal !== undefined) throw new OwnersFileError(`${path} ${refusal}`);
    return readToEnd(descriptor, path);
  } finally {
    closeSync(descriptor);
  }
}

/** Reads to the end: the size that a file states may be wrong by now, and a pipe states none. */
function readToEnd(descriptor: number, path: string): Uint8Array {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const chunk = new Uint8Array(CHUNK_LENGTH);
    const count = readSync(descriptor, chunk, 0, chunk.length, null);
    if (count === 0) break;
    length += count;
    if (length > MAXIMUM_LENGTH) throw new OwnersFileError(`${path} has more octets, expected at most ${MAXIMUM_LENGTH}`);
    chunks.push(chunk.subarray(0, count));
  }
  const octets = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    octets.set(chunk, offset);
    offset += chunk.length;
    wipe(chunk);
  }
  return octets;
}

/** Makes the file, or replaces the one that is there: a crash leaves the old one or the new one. */
export function replaceOwnersFile(path: string, text: string): void {
  writeBeside(path, text, (beside) => renameSync(beside, path));
}

/** Throws what {@link replaceOwnersFile} would: its folder may have become one that cannot be written. The file stays as it is. */
export function tryToReplaceOwnersFile(path: string): void {
  writeBeside(path, "", () => {});
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

/** The message of an error, or what was thrown as text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Writes a file beside, under a new name that nobody can guess: a link left there would have it write elsewhere. */
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

/** Whether an error is the system's of that name. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
