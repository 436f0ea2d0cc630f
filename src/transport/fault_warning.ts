/**
 * What becomes of a fault that nobody wants to be told of: a warning of the runtime, on standard error. It must not end the process: that could be
 * ended by a datagram then.
 *
 * @module
 */
import process from "node:process";

/** Whatever goes wrong goes wrong often: so much time lies between two warnings. */
const WARNING_INTERVAL_MS = 10_000;

/** A listener for faults, that warns of the first, and of those between two warnings by their number. */
export function faultWarning(name: string): (fault: unknown) => void {
  let warnedAtMs = -Infinity;
  let untold = 0;
  return (fault) => {
    untold++;
    const now = performance.now();
    if (now - warnedAtMs < WARNING_INTERVAL_MS) return;
    const earlier = untold > 1 ? ` (and ${untold - 1} faults before it)` : "";
    const text = fault instanceof Error ? `${fault.name}: ${fault.message}` : String(fault);
    process.emitWarning(`${name}: ${text}${earlier}`, "FaultWarning");
    warnedAtMs = now;
    untold = 0;
  };
}
