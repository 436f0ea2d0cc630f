/** Certificates or keys that cannot be used. The message names the option, and what was expected; nothing secret is in it. */
export class CertificateError extends Error {
  /** Tells it from other errors where `instanceof` cannot, as in logs. */
  override readonly name = "CertificateError";
}
