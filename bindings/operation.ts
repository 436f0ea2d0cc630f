/**
 * Operations of the core as the bindings see them: how a request becomes records, and how the core's outputs become a result.
 *
 * @module
 */
import type { Arena, Outputs } from "./arena.ts";
import type { CoreExports } from "./generated/exports.ts";
import { STATUS_DONE, STATUS_NOT_AUTHENTIC } from "./generated/layout.ts";

/** Every export of the core that takes a batch through. */
export type Run = Exclude<keyof CoreExports, "memory" | "arena" | "wipe">;

export interface Operation<Request, Result> {
  readonly run: Run;
  /** Records of a member. */
  readonly records: number;
  /** Results are read where they are, and no copy of the outputs is made. */
  readonly inPlace?: true;
  /** @throws RangeError when the request contradicts itself. */
  check(request: Request): void;
  /** Octets of inputs, at most. */
  inputsSize(request: Request): number;
  outputsSize(request: Request): number;
  /** Octets of messages, which are copied apart from the other outputs; none unless given. */
  messagesSize?(request: Request): number;
  /** Writes the member's records, inputs and outputs. */
  write(request: Request, arena: Arena): void;
  /** The result of the member whose first record is `record`. */
  read(request: Request, arena: Arena, record: number, outputs: Outputs): Result;
}

/**
 * Whether what a record asks for was done; `false`: it is not authentic.
 *
 * @throws Error when the core refuses the record, which no request that was checked can lead to.
 */
export function isDone(arena: Arena, record: number, run: Run): boolean {
  switch (arena.status(record)) {
    case STATUS_DONE:
      return true;
    case STATUS_NOT_AUTHENTIC:
      return false;
    default:
      throw new Error(`the core refuses a record of ${run}`);
  }
}

/**
 * The octets of the output of a record that cannot but be done.
 *
 * @throws Error when it is not.
 */
export function outputDone(run: Run, arena: Arena, record: number, { outputs }: Outputs, length: number): Uint8Array {
  if (!isDone(arena, record, run)) throw new Error(`the core calls a record of ${run} not authentic`);
  const start = arena.outputOffset(record);
  return outputs.subarray(start, start + length);
}

/** Octets of all parts. */
export function total(parts: readonly Uint8Array[]): number {
  let length = 0;
  for (const part of parts) length += part.length;
  return length;
}
