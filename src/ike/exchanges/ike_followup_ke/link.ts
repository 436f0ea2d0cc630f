/**
 * N(ADDITIONAL_KEY_EXCHANGE), which ties IKE_FOLLOWUP_KE to the exchange that it goes on with (RFC 9370, section 2.2.4).
 *
 * @module
 */
import type { RandomSource } from "../../../crypto/key_exchange.ts";
import { NotifyType } from "../../../wire/constants.ts";
import type { NotifyPayload, Payload } from "../../../wire/payload.ts";
import { findNotify, notify } from "../../message/notify.ts";

/** Octets, drawn at random: all that a link has to be is another one than those that wait beside it. */
const LINK_LENGTH = 16;

export function newLink(random: RandomSource): Uint8Array {
  return random(LINK_LENGTH);
}

export function linkNotify(link: Uint8Array): NotifyPayload {
  return notify(NotifyType.ADDITIONAL_KEY_EXCHANGE, link);
}

/** What a message says of it; `undefined`: nothing. */
export function linkOf(payloads: readonly Payload[]): Uint8Array | undefined {
  return findNotify(payloads, NotifyType.ADDITIONAL_KEY_EXCHANGE)?.data;
}
