/**
 * Being told that sockets of our own can be read: another thread of the runtime waits for it.
 *
 * @module
 */
import { POLLIN, SHUT_RD } from "../libc/constants.ts";
import type { Libc } from "../libc/libc.ts";

/** How long the other thread waits at most, in milliseconds: on Node it is one of a few that serve the whole process, and must let others in. */
const PATIENCE_MS = 200;

/** A `struct pollfd`: descriptor, events that are asked for, events that there are. */
const ENTRY_SIZE = 8;

export interface PollWatch {
  /** Nobody is told any more, and the descriptors may be closed once it resolves. */
  stop(): Promise<void>;
}

/** Calls `onReadable` whenever one of the descriptors can be read. What can be read has to be read there. */
export function watchByPoll(
  libc: Libc,
  poll: NonNullable<Libc["poll"]>,
  descriptors: readonly number[],
  onReadable: () => void,
): PollWatch {
  const entries = new Uint8Array(ENTRY_SIZE * descriptors.length);
  const view = new DataView(entries.buffer);
  descriptors.forEach((descriptor, index) => {
    view.setInt32(ENTRY_SIZE * index, descriptor, true);
    view.setInt16(ENTRY_SIZE * index + 4, POLLIN, true);
  });
  let isStopped = false;
  const watch = async (): Promise<void> => {
    while (!isStopped) {
      const ready = await poll(entries, descriptors.length, PATIENCE_MS);
      if (ready > 0 && !isStopped) onReadable();
    }
  };
  const stopped = watch();
  return {
    stop: () => {
      isStopped = true;
      // Ends the wait of the other thread, though the socket is not connected.
      for (const descriptor of descriptors) libc.shutdown(descriptor, SHUT_RD);
      return stopped;
    },
  };
}
