/**
 * How busy the machine is with what is none of the bench's.
 *
 * @module
 */
import { cpus } from "node:os";

/** In a millisecond. */
const MICROSECONDS = 1_000;

/** Processor time of all cores since the machine started, and the moment. */
export interface MachineReading {
  readonly atMs: number;
  readonly busyMs: number;
}

export function readMachine(): MachineReading {
  const busyMs = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
  return { atMs: performance.now(), busyMs };
}

/** In cores, 0 or more: what the machine did between two readings, without `ownUs` microseconds of the bench's own processes. */
export function loadOfOthers(before: MachineReading, after: MachineReading, ownUs: number): number {
  const otherMs = after.busyMs - before.busyMs - ownUs / MICROSECONDS;
  return Math.max(0, otherMs / (after.atMs - before.atMs));
}
