/** A text that does not say what it should: the message holds what was written and what is allowed. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}
