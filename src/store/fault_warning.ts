/**
 * A warning for a function of the program's that threw, where there is no listener for that.
 *
 * @module
 */
import process from "node:process";

/** A warning of the runtime, on standard error: the process goes on. */
export function warnOfFault(hook: string, fault: unknown): void {
  process.emitWarning(`${hook} threw: ${fault instanceof Error ? fault.message : String(fault)}`, "FaultWarning");
}
