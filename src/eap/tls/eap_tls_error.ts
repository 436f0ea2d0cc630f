/** EAP-TLS cannot be had with what was given, or on this runtime. */
export class EapTlsError extends Error {
  override readonly name = "EapTlsError";
}
