/**
 * The error of hostile traffic without tickets, apart: the program tells it in one line.
 *
 * @module
 */

/** The gateway gave no ticket, or did not take it. */
export class NoTicketError extends Error {
  override readonly name = "NoTicketError";
}
