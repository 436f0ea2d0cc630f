/**
 * How what a client tried came out.
 *
 * @module
 */

/** What a client does, as it is counted. */
export type Operation = "full" | "resumption" | "rekey" | "move";

/** `kind`: one of a small set of words; `detail`: an example of it, for people. */
export interface Failure {
  readonly kind: string;
  readonly detail: string;
}

export type LoadOutcome =
  | { readonly ok: true; readonly operation: Operation }
  | { readonly ok: false; readonly operation: Operation; readonly failure: Failure };
