/**
 * Errors of a store: a word that code can decide by, and a sentence that people can act on.
 *
 * @module
 */

/**
 * - `unavailable`: nobody answers, or what answers refuses;
 * - `timeout`: no answer in the time that it may take;
 * - `configuration`: the words that name the store make no sense;
 * - `credentials`: the server does not accept them;
 * - `mode`: the file is open to others than its owner;
 * - `unreadable`: the file cannot be opened;
 * - `read-only`, `full`, `corrupt`, `locked`: the file cannot be written, has no room, is no database of this kind, is held by another;
 * - `version`: the file was written by another version of this program;
 * - `clock`: the file was last written at a time that has not come yet.
 */
export type StoreErrorKind =
  | "unavailable"
  | "timeout"
  | "configuration"
  | "credentials"
  | "mode"
  | "unreadable"
  | "read-only"
  | "full"
  | "corrupt"
  | "locked"
  | "version"
  | "clock";

/** A store cannot be used. The message names it, says what is wrong and what would be right, and holds no secret. */
export class StoreError extends Error {
  /** Tells it from other errors where `instanceof` cannot, as in logs. */
  override readonly name = "StoreError";
  /** For programs: what kind of failure it is. */
  readonly kind: StoreErrorKind;

  /** `kind`: for programs; `message`: for people. */
  constructor(kind: StoreErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
