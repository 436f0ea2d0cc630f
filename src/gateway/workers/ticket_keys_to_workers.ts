/**
 * The ticket keys of the main thread, on their way to its workers.
 *
 * @module
 */
import { wipe } from "../../crypto/wipe.ts";
import type { SharedTicketKeyRing } from "./ticket_key_copies.ts";
import type { WorkerThread } from "./worker_thread.ts";

export function sendTicketKeys(ring: SharedTicketKeyRing, workers: readonly WorkerThread[]): void {
  for (const worker of workers) {
    const { keys } = ring.copies(workers.length);
    worker.post({ type: "ticket-keys", keys }, keys.map(({ key }) => key.buffer as ArrayBuffer));
    // Where there is no thread now they went nowhere; one that is started gets its own.
    for (const { key } of keys) if (key.length > 0) wipe(key);
  }
}
