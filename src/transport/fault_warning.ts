/**
 * A fault for which there is no listener becomes a warning of the runtime, on standard error. It must not end the process, or a
 * datagram could.
 *
 * @module
 */
import process from "node:process";

/** The least time between two warnings: whatever goes wrong goes wrong often. */
const WARNING_INTERVAL_MS = 10_000;

/** A listener that warns of the first fault, and says how many came between two warnings. */
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
