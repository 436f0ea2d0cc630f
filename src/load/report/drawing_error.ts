/**
 * A library that a report needs is not there.
 *
 * @module
 */

/** On Node the libraries that draw are optional peers. */
export class DrawingError extends Error {
  override readonly name = "DrawingError";
}
