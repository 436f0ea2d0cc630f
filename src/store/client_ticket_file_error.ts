/**
 * The error of a client's ticket file, apart: the program tells it in one line, and a gateway has no such file.
 *
 * @module
 */

/** A ticket file cannot be used: which file, what is wrong with it, and what would be right. */
export class ClientTicketFileError extends Error {
  /** Tells it from other errors where `instanceof` cannot, as in logs. */
  override readonly name = "ClientTicketFileError";
}
