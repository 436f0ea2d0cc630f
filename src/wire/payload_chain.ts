/**
 * Payloads chained by their generic headers (RFC 7296, section 3.2).
 *
 * @module
 */
import { MAXIMUM_PAYLOAD_LENGTH, MAXIMUM_PAYLOADS } from "./limits.ts";
import { NO_NEXT_PAYLOAD, PayloadNumber } from "./constants.ts";
import type { Payload } from "./payload.ts";
import { bodyLength, payloadName, payloadNumber, readBody, writeBody } from "./payload_body.ts";
import type { Reader } from "./reader.ts";
import { outOfRange, type Writer } from "./writer.ts";

export const GENERIC_HEADER_LENGTH = 4;
const CRITICAL = 0x80;

/** Reads all that remains as payloads. An error is in the reader. */
export function readChain(reader: Reader, firstPayload: number, isInsideProtected: boolean): readonly Payload[] {
  const payloads: Payload[] = [];
  let next = firstPayload;
  while (next !== NO_NEXT_PAYLOAD && reader.error === undefined) {
    reader.structure = payloadName(next);
    if (payloads.length === MAXIMUM_PAYLOADS) reader.fail("too-many", `at most ${MAXIMUM_PAYLOADS} payloads`);
    const start = reader.position;
    const following = reader.u8();
    const critical = (reader.u8() & CRITICAL) !== 0;
    const length = reader.u16();
    if (reader.error !== undefined) break;
    if (length < GENERIC_HEADER_LENGTH) {
      reader.fail("bad-length", `a payload length of at least ${GENERIC_HEADER_LENGTH}, not ${length}`, start + 2);
      break;
    }
    const isProtected = next === PayloadNumber.SK || next === PayloadNumber.SKF;
    if (isProtected && isInsideProtected) reader.fail("bad-value", "no protected payload inside another", start);
    const outer = reader.enter(length - GENERIC_HEADER_LENGTH);
    const payload = readBody(reader, next, following, critical);
    if (critical && payload.type === "unknown") {
      reader.fail("critical-payload", "a payload type that is known, or not critical", start, next);
    }
    reader.leave(outer);
    payloads.push(payload);
    next = isProtected ? NO_NEXT_PAYLOAD : following;
  }
  if (reader.remaining > 0) reader.fail("bad-length", `no octets after the last payload, not ${reader.remaining}`);
  return payloads;
}

/** Octets of all payloads with their generic headers. Throws RangeError where one cannot be encoded. */
export function chainLength(payloads: readonly Payload[]): number {
  if (payloads.length > MAXIMUM_PAYLOADS) throw outOfRange("payloads", `at most ${MAXIMUM_PAYLOADS}`, payloads.length);
  let total = 0;
  for (const payload of payloads) total += payloadLength(payload);
  return total;
}

/** The number of the first payload, as the field before the chain says it. */
export function firstPayloadOf(payloads: readonly Payload[]): number {
  return payloads.length === 0 ? NO_NEXT_PAYLOAD : payloadNumber(payloads[0]);
}

/** @param next the number of what follows the last one */
export function writeChain(writer: Writer, payloads: readonly Payload[], next: number = NO_NEXT_PAYLOAD): void {
  for (let i = 0; i < payloads.length; i++) {
    const payload = payloads[i];
    const isLast = i === payloads.length - 1;
    if (payload.type === "SK" || payload.type === "SKF") {
      if (!isLast) {
        throw outOfRange(`payload ${i}`, `${payload.type} as the last payload`, `${payloads.length - 1 - i} behind it`);
      }
      writePayload(writer, payload, payload.firstPayload);
    } else {
      writePayload(writer, payload, isLast ? next : payloadNumber(payloads[i + 1]));
    }
  }
}

/** Octets of one payload with its generic header. */
export function payloadLength(payload: Payload): number {
  const length = GENERIC_HEADER_LENGTH + bodyLength(payload);
  if (length > MAXIMUM_PAYLOAD_LENGTH) throw outOfRange(`${payload.type}: length`, `at most ${MAXIMUM_PAYLOAD_LENGTH}`, length);
  return length;
}

/** Writes one payload with its generic header. */
export function writePayload(writer: Writer, payload: Payload, nextPayload: number): void {
  const isCritical = payload.type === "unknown" && payload.critical;
  writeGenericHeader(writer, nextPayload, payloadLength(payload), isCritical);
  writeBody(writer, payload);
}

/** @param length of the whole payload, this header included */
export function writeGenericHeader(writer: Writer, nextPayload: number, length: number, isCritical = false): void {
  writer.u8(nextPayload, "payload: next payload");
  writer.u8(isCritical ? CRITICAL : 0, "payload: flags");
  writer.u16(length, "payload: length");
}
