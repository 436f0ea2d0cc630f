/** A socket that cannot be opened as asked: the message names the address or port, and what would be right. */
export class TransportError extends Error {
  /** Tells it from other errors where `instanceof` cannot, as in logs. */
  override readonly name = "TransportError";
}
