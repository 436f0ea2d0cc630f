/**
 * Waiting for what the event loop is about to do.
 *
 * @module
 */
import process from "node:process";

const RUNS_ON_DENO = process.versions.deno !== undefined;
const NOTHING = new Uint8Array(0);

/** Resolves when all that has been received so far is handed over: at the end of this turn. */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Resolves after the runtime has looked at the sockets once more.
 *
 * Node looks at them in every turn. Deno, while it has anything else to do, only in every 61st, so that waiting for turns would
 * wait for nothing; it looks at once when it has nothing to do, which is so while another thread works for it. Hashing nothing
 * is the shortest such work: 60 µs, once for a wave and not for a datagram.
 */
export async function socketsPolled(): Promise<void> {
  if (RUNS_ON_DENO) await crypto.subtle.digest("SHA-256", NOTHING);
  else await endOfTurn();
}
