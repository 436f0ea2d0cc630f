/**
 * Whole messages: octets to header and payloads, and back (RFC 7296, section 3).
 *
 * @module
 */
import type { Header } from "./header.ts";
import type { Payload } from "./payload.ts";
import type { Decoded } from "./wire_error.ts";

/** A decoded message. Payloads inside SK or SKF are not decoded here: they are still protected. */
export interface Message {
  readonly header: Header;
  readonly payloads: readonly Payload[];
  /** The octets it was decoded from, header included: what AUTH and retransmission compare. */
  readonly octets: Uint8Array;
}

export declare function decodeMessage(octets: Uint8Array): Decoded<Message>;
export declare function decodePayloads(firstPayload: number, octets: Uint8Array): Decoded<readonly Payload[]>;
export declare function encodeMessage(header: Header, payloads: readonly Payload[]): Uint8Array;
export declare function encodePayloads(
  payloads: readonly Payload[],
): { readonly firstPayload: number; readonly octets: Uint8Array };
export declare function encodeProtectedPrefix(
  header: Header,
  firstPayload: number,
  protectedLength: number,
): Uint8Array;
