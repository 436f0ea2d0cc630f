/**
 * What tests ask of messages: decoded, and by payload.
 *
 * @module
 */
import assert from "node:assert/strict";
import { decodeMessage, type Message } from "../../src/wire/message.ts";
import type { NotifyPayload, Payload } from "../../src/wire/payload.ts";

/** A message that has to decode. */
export function decoded(octets: Uint8Array): Message {
  const result = decodeMessage(octets);
  assert.ok(result.ok);
  return result.value;
}

/** The data of the first notify of a type. */
export function notifyData(payloads: readonly Payload[], notifyType: number): Uint8Array | undefined {
  return notifiesOf(payloads, notifyType)[0]?.data;
}

/** All notifies of a type. */
export function notifiesOf(payloads: readonly Payload[], notifyType: number): NotifyPayload[] {
  return payloads.filter((payload) => payload.type === "N").filter((payload) => payload.notifyType === notifyType);
}

/** The types of all notifies, in their order. */
export function notifyTypes(payloads: readonly Payload[]): number[] {
  return payloads.filter((payload) => payload.type === "N").map(({ notifyType }) => notifyType);
}
