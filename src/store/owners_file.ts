/**
 * Files that hold secrets: readable by their owner alone from the first octet on, and never half written.
 *
 * @module
 */
import { closeSync, fstatSync, fsyncSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** Read and write for the owner, nothing for anyone else. */
export const OWNER_ONLY = 0o600;
const OTHERS = 0o077;

/**
 * The text of the file; `undefined`: there is none.
 *
 * @throws {Error} it cannot be read, or is open to others than its owner: the message says which, and names the file.
 */
export function readOwnersFile(path: string): string | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, "r");
    const mode = fstatSync(descriptor).mode & 0o777;
    if (mode & OTHERS) throw new WrongMode(`${path} has mode ${mode.toString(8).padStart(4, "0")}, expected 0600`);
    return readFileSync(descriptor, "utf8");
  } catch (error) {
    if (isErrorWithCode(error, "ENOENT")) return undefined;
    if (error instanceof WrongMode) throw error;
    throw new Error(`cannot read ${path}: ${messageOf(error)}`, { cause: error });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Told as it is: the file could be read, and must not be. */
class WrongMode extends Error {}

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
    if (isErrorWithCode(error, "EEXIST")) return false;
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

function isErrorWithCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
