/**
 * Errors of decoding: values, not exceptions, because hostile datagrams are the normal case.
 *
 * @module
 */

export interface WireError {
  /** In a word for programs: {@link describeWireError} makes a line for people. */
  readonly kind:
    | "truncated"
    | "bad-length"
    | "bad-value"
    | "too-many"
    | "unsupported-version"
    | "critical-payload"
    | "rule";
  /** The payload or structure in which it was found: "header", "SA", "transform", … */
  readonly payload: string;
  /** Octets from the start of what was decoded. */
  readonly offset: number;
  /** What would have been right, in words. */
  readonly expected: string;
  /** The type number, where `kind` is "critical-payload" (goes into UNSUPPORTED_CRITICAL_PAYLOAD, RFC 7296, section 2.5). */
  readonly payloadType?: number;
}

/** A value, or what is wrong with the octets: decoders never throw. */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: WireError };

/** One line for people: `SA at octet 44: truncated, expected …`. */
export function describeWireError(error: WireError): string {
  return `${error.payload} at octet ${error.offset}: ${error.kind}, expected ${error.expected}`;
}
