/** A text that does not say what it should: the message holds what was written and what is allowed. */
export class ConfigurationError extends Error {
  /** Tells it from other errors where `instanceof` cannot, as in logs. */
  override readonly name = "ConfigurationError";
}
