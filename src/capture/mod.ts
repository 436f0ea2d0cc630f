/**
 * Recorded IKE: captures in pcap and pcapng read into messages, and opened with a key log. Runs in browsers too.
 *
 * @module
 */
export type { Endpoint } from "../ike/steps/datagram.ts";
export {
  type CaptureCounts,
  type CaptureFault,
  decodeCapture,
  type DecodedMessage,
  type DecodeOptions,
} from "./decode_capture.ts";
export type { DecodedPayload, FieldValue } from "./payload_fields.ts";
