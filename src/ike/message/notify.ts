/**
 * Making and finding Notify payloads (RFC 7296, section 3.10).
 *
 * @module
 */
import { isErrorNotify } from "../../wire/constants.ts";
import type { NotifyPayload, Payload, PayloadOf, PayloadType } from "../../wire/payload.ts";

const NO_OCTETS = new Uint8Array(0);

/** A notify that concerns the IKE SA or nothing yet: Protocol ID 0, SPI size 0 (RFC 4718, section 7.8; RFC 5723, section 7). */
export function notify(notifyType: number, data: Uint8Array = NO_OCTETS): NotifyPayload {
  return { type: "N", protocolId: 0, spi: NO_OCTETS, notifyType, data };
}

/** The first notify of a type. */
export function findNotify(payloads: readonly Payload[], notifyType: number): NotifyPayload | undefined {
  for (const payload of payloads) {
    if (payload.type === "N" && payload.notifyType === notifyType) return payload;
  }
  return undefined;
}

/** The first notify that tells an error. */
export function findErrorNotify(payloads: readonly Payload[]): NotifyPayload | undefined {
  for (const payload of payloads) {
    if (payload.type === "N" && isErrorNotify(payload.notifyType)) return payload;
  }
  return undefined;
}

/** The first payload of a type, with that type. */
export function findPayload<Type extends PayloadType>(
  payloads: readonly Payload[],
  type: Type,
): PayloadOf<Type> | undefined {
  for (const payload of payloads) {
    if (payload.type === type) return payload as PayloadOf<Type>;
  }
  return undefined;
}
