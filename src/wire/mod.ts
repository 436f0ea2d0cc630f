/**
 * The payload codec: octets to typed messages and back. No cryptography, no input or output.
 *
 * @module
 */
export { type Header, HEADER_LENGTH, peekHeader } from "./header.ts";
export * from "./limits.ts";
export {
  decodeMessage,
  decodePayloads,
  encodeMessage,
  encodePayload,
  encodePayloads,
  encodeProtectedPrefix,
  type Message,
} from "./message.ts";
export * from "./constants.ts";
export type * from "./payload.ts";
export { encodeIdentificationBody } from "./payloads/identification.ts";
export { checkRules } from "./rules.ts";
export { type Decoded, describeWireError, type WireError } from "./wire_error.ts";
