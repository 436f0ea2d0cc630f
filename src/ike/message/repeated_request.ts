/**
 * A request that comes again after it was answered: the answer goes out again, and nothing else happens (RFC 7296, section
 * 2.1).
 *
 * @module
 */
import type { Message } from "../../wire/message.ts";
import { sameOctets } from "../../wire/octets.ts";
import type { Step } from "../steps/step.ts";
import { isAuthentic, type ProtectionContext } from "./protected_message.ts";

const NEXT_PAYLOAD_OFFSET = 16;
const EXCHANGE_TYPE_OFFSET = 18;
const ENCRYPTED_FRAGMENT = 53;

/**
 * Whether a message with the message ID of the latest request is that request again. Most peers send the same octets again. A
 * request that comes in other fragments than before, now in fragments, or now in one piece, has other octets: it has to be
 * authentic, and only its first fragment gets the answer (RFC 7383, section 2.6.1). A peer has no other request with that ID.
 */
export function* isRepeated(message: Message, lastRequest: Uint8Array, protection: ProtectionContext): Step<boolean> {
  if (sameOctets(message.octets, lastRequest)) return true;
  if (message.header.exchangeType !== lastRequest[EXCHANGE_TYPE_OFFSET] || protection.fragments === undefined) return false;
  const encrypted = message.payloads.find((payload) => payload.type === "SK" || payload.type === "SKF");
  const wasInFragments = lastRequest[NEXT_PAYLOAD_OFFSET] === ENCRYPTED_FRAGMENT;
  const mayBe = encrypted?.type === "SKF" ? encrypted.fragmentNumber === 1 : encrypted !== undefined && wasInFragments;
  return mayBe && (yield* isAuthentic(protection, message));
}
