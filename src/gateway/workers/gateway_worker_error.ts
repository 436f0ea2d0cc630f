/**
 * The error of a gateway's worker, apart: the program tells it in one line, whatever command was asked for.
 *
 * @module
 */

/** A worker could not be started, or died before it answered. */
export class GatewayWorkerError extends Error {
  /** Tells it from other errors where `instanceof` cannot, as in logs. */
  override readonly name = "GatewayWorkerError";
}

/** What a fault says of itself. */
export function messageOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
