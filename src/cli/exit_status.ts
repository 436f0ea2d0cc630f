/**
 * Exit statuses of every command, as `--help` documents them.
 *
 * @module
 */

/** What was asked for was done, and all of it succeeded. */
export const EXIT_OK = 0;
/** It was tried, and did not succeed. */
export const EXIT_FAILED = 1;
/** The options make no sense: nothing was tried. */
export const EXIT_USAGE = 2;
/** A connection was up, and ended before it was to: a supervisor may start it again. */
export const EXIT_ENDED = 3;
/** Ended by Ctrl-C: 128 + SIGINT, as shells have it. */
export const EXIT_INTERRUPTED = 130;

/** Bad options: one line that says what is wrong and what is allowed. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
