/**
 * A function that was handed in threw where there is nobody to tell.
 *
 * @module
 */
import process from "node:process";

/** A warning of the runtime, on standard error: the process goes on. */
export function warnOfFault(hook: string, fault: unknown): void {
  process.emitWarning(`${hook} threw: ${fault instanceof Error ? fault.message : String(fault)}`, "FaultWarning");
}
