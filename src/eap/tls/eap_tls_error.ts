/** EAP-TLS cannot be had with what was given, or on this runtime. */
export class EapTlsError extends Error {
  /** Tells it from other errors where `instanceof` cannot, as in logs. */
  override readonly name = "EapTlsError";
}
