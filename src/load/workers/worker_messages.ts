/**
 * What a load and its workers tell each other: one JSON object a line, on the worker's standard input and output. A worker ends when its
 * standard input does, so that it never outlives its load.
 *
 * @module
 */
import type { LoadResult } from "../generator/load_result.ts";
import type { SecondDetail } from "../generator/recorder.ts";

export type ToWorker =
  /** Begin at this moment, in milliseconds of the system's clock. */
  | { readonly begin: number }
  /** End now, and tell what there is. */
  | { readonly stop: true };

export type FromWorker =
  /** Its sockets are open. `all`: how many clients the whole load has; `own`: this worker. */
  | { readonly ready: { readonly all: number; readonly own: number } }
  | { readonly second: SecondDetail }
  | { readonly note: string }
  | { readonly result: LoadResult };
