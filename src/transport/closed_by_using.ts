/**
 * What `await using` ends as its own `close` does.
 *
 * @module
 */

/** A class with a `close` that `await using` calls. */
export abstract class ClosedByUsing implements AsyncDisposable {
  /** Ends it. May be called again. */
  abstract close(): Promise<void>;

  /** As `close`: called at the end of the block of an `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
