/**
 * Faults of a gateway as lines for its owner.
 *
 * @module
 */
import { HookError, HookFaults } from "../ike/steps/hook_faults.ts";

/** A hook's fault by its own words; a programmer's error with where it was, every ten seconds at most: a datagram may be enough to cause it. */
export function faultLines(complain: (line: string) => void): (fault: unknown) => void {
  const waves = new HookFaults(({ cause, times }) => {
    const where = cause instanceof Error ? cause.stack ?? cause.message : String(cause);
    complain(`${times === 1 ? "a datagram or a wave was" : `${times} datagrams or waves were`} lost: ${where}`);
  }, () => performance.now());
  return (fault) => fault instanceof HookError ? complain(fault.message) : waves.take("wave", fault);
}
