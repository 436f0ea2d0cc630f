/**
 * Sinks for lines: a slow one holds up nobody but itself.
 *
 * @module
 */
import { closeSync, constants, fchmodSync, fstatSync, openSync, write } from "node:fs";
import process from "node:process";
import type { Writable } from "node:stream";
import type { LineSink } from "./bounded_lines.ts";
import { OWNER_ONLY } from "./owners_file.ts";
import { refusalOfOwner } from "./secret_file_mode.ts";

const { O_APPEND, O_CREAT, O_NOCTTY, O_NONBLOCK, O_WRONLY } = constants;

/** The part of Deno's namespace that is used, for type checkers that do not know it. */
interface DenoFiles {
  readonly stdout: DenoFile;
  readonly stderr: DenoFile;
  openSync(path: string, options: { readonly append: true }): DenoFile;
}

interface DenoFile {
  /** Writes some of the octets, on another thread. */
  write(octets: Uint8Array): Promise<number>;
  statSync(): { readonly ino: number | null };
  close(): void;
}

/** `node:fs` on Deno writes on the main thread, and does not tell how much it has written before it failed. */
const { Deno } = globalThis as unknown as { readonly Deno?: DenoFiles };

/** A file that lines are appended to. */
export interface AppendedFile extends LineSink {
  close(): void;
}

/**
 * Opens a file for lines that are secret, or makes it, for its owner only (mode 0600), whatever it was before.
 *
 * @throws {Error} the system's own error; or the file belongs to another user, who could open it whatever its mode.
 */
export function appendSecretsTo(path: string): AppendedFile {
  // A pipe without a reader is refused, and a full one not waited for.
  const descriptor = openSync(path, O_APPEND | O_CREAT | O_WRONLY | O_NONBLOCK, OWNER_ONLY);
  try {
    const stats = fstatSync(descriptor);
    const refusal = refusalOfOwner(stats);
    if (refusal !== undefined) throw new Error(`it ${refusal}`);
    fchmodSync(descriptor, OWNER_ONLY);
    if (Deno === undefined) return { ...descriptorSink(descriptor), close: () => closeSync(descriptor) };
    const file = Deno.openSync(path, { append: true });
    if (file.statSync().ino === stats.ino) {
      closeSync(descriptor);
      return file;
    }
    file.close();
    throw new Error("it was replaced meanwhile");
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/**
 * Standard output (1) or standard error (2).
 *
 * On Node a pipe or a terminal is opened once more, so that it can be written without waiting, and other users of the old
 * descriptor are not affected: through the old one, Node buffers without bound what nobody reads.
 */
export function standardSink(descriptor: 1 | 2): LineSink {
  if (Deno !== undefined) return descriptor === 1 ? Deno.stdout : Deno.stderr;
  const stats = fstatSync(descriptor);
  if (stats.isFile()) return descriptorSink(descriptor);
  if (stats.isFIFO() || stats.isCharacterDevice()) {
    try {
      return descriptorSink(openSync(`/proc/self/fd/${descriptor}`, O_WRONLY | O_NONBLOCK | O_NOCTTY));
    } catch {
      // Another's terminal, or no such system.
    }
  }
  return streamSink(descriptor === 1 ? process.stdout : process.stderr);
}

function descriptorSink(descriptor: number): LineSink {
  return {
    write: (octets) =>
      new Promise((resolve, reject) => {
        write(descriptor, octets, 0, octets.length, null, (error, written) => error ? reject(error) : resolve(written));
      }),
  };
}

/** For what cannot be opened once more: sockets. Node does not wait for them. */
function streamSink(stream: Writable): LineSink {
  // The callback of the write gets its error, too.
  stream.on("error", () => {});
  return {
    write: (octets) =>
      new Promise((resolve, reject) => stream.write(octets, (error) => error ? reject(error) : resolve(octets.length))),
  };
}
