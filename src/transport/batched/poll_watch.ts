/**
 * Being told that sockets of our own can be read: another thread of the runtime waits for it.
 *
 * @module
 */
import { POLLIN, SHUT_RD } from "../libc/constants.ts";
import type { Libc } from "../libc/libc.ts";
import { isOurs } from "./descriptor.ts";

/** How long the other thread waits at most, in milliseconds: on Node it is one of a few that serve the whole process, and must let others in. */
const PATIENCE_MS = 200;

/**
 * So much later than that it has not got its turn: the threads of the process wait for something else, such as a disk that does not answer. Then
 * the sockets are looked at that often.
 */
const LATE_MS = 20;

/** A `struct pollfd`: descriptor, events that are asked for, events that there are. */
const ENTRY_SIZE = 8;

/** What stands in place of a descriptor that is not to be looked at (poll(2)). */
const NO_DESCRIPTOR = -1;

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
  /** Not those that are gone, or another file's by now: the other thread would report them again and again. */
  const leaveOutLost = () =>
    descriptors.forEach((descriptor, index) => {
      if (!isOurs(libc, descriptor)) view.setInt32(ENTRY_SIZE * index, NO_DESCRIPTOR, true);
    });
  const look = async (): Promise<void> => {
    let late = setTimeout(function lookMeanwhile() {
      if (isStopped) return;
      late = setTimeout(lookMeanwhile, LATE_MS);
      onReadable();
    }, PATIENCE_MS + LATE_MS);
    try {
      const ready = await poll(entries, descriptors.length, PATIENCE_MS);
      if (ready < 0) await new Promise((resolve) => setTimeout(resolve, LATE_MS));
      if (ready === 0 || isStopped) return;
      onReadable();
      leaveOutLost();
    } finally {
      clearTimeout(late);
    }
  };
  const watch = async (): Promise<void> => {
    while (!isStopped) await look();
  };
  const stopped = watch();
  return {
    stop: async () => {
      isStopped = true;
      // Ends the wait of the other thread, though the socket is not connected.
      for (const descriptor of descriptors) libc.shutdown(descriptor, SHUT_RD);
      // One that has not got its turn yet would only learn that the descriptors are gone.
      const patience = Promise.withResolvers<void>();
      const timer = setTimeout(() => patience.resolve(), PATIENCE_MS);
      await Promise.race([stopped, patience.promise]);
      clearTimeout(timer);
    },
  };
}
