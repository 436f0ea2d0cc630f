/**
 * How a break is written down.
 *
 * @module
 */

/** One text in the place of another. */
export interface Change {
  /** A file, by its path from the top of the checkout, or the folder that it is in: then the code may move within it. */
  readonly within: string;
  /** Stands there exactly once; as short as is unique, since the code around it changes. */
  readonly before: string;
  readonly after: string;
}

export interface Break extends Change {
  /** Of each of these rows some test has to fail. */
  readonly rows: readonly string[];
  /** What is wrong then. */
  readonly what: string;
  /** What else has to change for it to be so: where two checks stand for each other. */
  readonly and?: readonly Change[];
}
