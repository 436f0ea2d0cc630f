/**
 * Where a gateway's control socket is in the file system: for its owner only, and never in the place of one that somebody answers at.
 *
 * @module
 */
import { chmodSync, lstatSync, unlinkSync } from "node:fs";
import { createConnection, type Server } from "node:net";
import process from "node:process";
import { messageOf, OWNER_ONLY } from "../../store/owners_file.ts";
import { TransportError } from "../../transport/transport_error.ts";

/** How long a process that has such a socket may take to accept a connection, in milliseconds. */
const PATIENCE_MS = 2_000;
/** What is left of the mode of new files. */
const NOBODY_ELSE = 0o177;

/**
 * Has a server listen at a path. A socket there that a dead process has left goes; anything else stays.
 *
 * @throws {TransportError} why it cannot listen there.
 */
export async function listenAt(server: Server, path: string): Promise<void> {
  try {
    await removeIfDead(path);
    const before = withoutOthers();
    try {
      await listening(server, path);
    } finally {
      if (before !== undefined) process.umask(before);
    }
    chmodSync(path, OWNER_ONLY);
  } catch (error) {
    server.close();
    throw new TransportError(`control socket: cannot listen at ${path}: ${messageOf(error)}`);
  }
}

/** @throws {Error} somebody answers there, or it is no socket. */
async function removeIfDead(path: string): Promise<void> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isSocket()) throw new Error("there is something else, expected nothing, or a socket that a dead process has left");
  if (await isAnswered(path)) throw new Error("another process answers there");
  unlinkSync(path);
}

/** Only a refusal shows that nobody has it: one that does not answer in time may be busy. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = createConnection({ path });
    const end = (answered: boolean) => {
      clearTimeout(timer);
      connection.destroy();
      resolve(answered);
    };
    const timer = setTimeout(() => end(true), PATIENCE_MS);
    connection.once("connect", () => end(true));
    connection.once("error", (error: Error & { code?: string }) => end(error.code !== "ECONNREFUSED"));
  });
}

/** Between the making of a socket and a change of its mode, others could connect. Threads of a process may not change this: there is none then. */
function withoutOthers(): number | undefined {
  try {
    return process.umask(NOBODY_ELSE);
  } catch {
    return undefined;
  }
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
