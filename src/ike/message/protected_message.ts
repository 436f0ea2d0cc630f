/**
 * Messages in the Encrypted payload (RFC 7296, section 3.14; RFC 5282 for AEADs).
 *
 * @module
 */
import { icvLength } from "../../crypto/algorithms.ts";
import type { OpenRequest, SealRequest } from "../../crypto/provider.ts";
import { wipe } from "../../crypto/wipe.ts";
import { ticketLength } from "../../ticket/ticket_by_value.ts";
import type { Header } from "../../wire/header.ts";
import {
  decodePayloads,
  encodePaddedPayloads,
  encodeProtectedPrefix,
  type Message,
  type PaddedPayloads,
} from "../../wire/message.ts";
import type { EncryptedFragmentPayload, EncryptedPayload, Payload } from "../../wire/payload.ts";
import type { Decoded } from "../../wire/wire_error.ts";
import type { IkeSuite } from "../ike_sa/suite.ts";
import { open, seal, sealWithTicket, type Step } from "../steps/step.ts";
import { inFragments } from "./fragmentation.ts";
import type { FragmentBuffer, WholeMessage } from "./fragments.ts";
import { messageKeys, nextIv, type ProtectionContext } from "./protection.ts";

export { nextIv, type ProtectionContext, type Role, type SealCounter } from "./protection.ts";

/**
 * The whole message: header, SK payload and all, ready to send. One that is too long for a datagram comes as its fragments, one behind the
 * other, where both ends know of them (RFC 7383).
 *
 * @param ticket is sealed first, into the zeros that the last payload ends in to leave room for it. Its plaintext is wiped.
 */
export function* sealMessage(
  context: ProtectionContext,
  header: Header,
  payloads: readonly Payload[],
  ticket?: SealRequest,
): Step<Uint8Array> {
  try {
    const inner = encodePaddedPayloads(payloads, context.suite.protection.encryption.blockLength);
    const message = sealRequest(context, header, inner);
    const octets = ticket === undefined
      ? yield* seal(message)
      : yield* sealWithTicket({ ticket, message, ticketOffset: placeOfTicket(inner, ticket) });
    return yield* inFragments(context, octets);
  } finally {
    if (ticket) wipe(ticket.plaintext);
  }
}

function sealRequest(context: ProtectionContext, header: Header, { octets, firstPayload }: PaddedPayloads): SealRequest {
  const { protection } = context.suite;
  const protectedLength = protection.encryption.ivLength + octets.length + icvLength(protection);
  return {
    ...messageKeys(context, "ours"),
    iv: nextIv(context),
    associatedData: encodeProtectedPrefix(header, firstPayload, protectedLength),
    plaintext: octets,
  };
}

/**
 * @throws {RangeError} the last payload does not end in zeros for the ticket: something else stands there, and would be overwritten.
 */
function placeOfTicket({ octets, length }: PaddedPayloads, ticket: SealRequest): number {
  const offset = length - ticketLength(ticket);
  if (offset < 0 || !isZero(octets, offset, length)) {
    throw new RangeError(`seal message: the last payload has no room for a ticket of ${ticketLength(ticket)} octets`);
  }
  return offset;
}

function isZero(octets: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    if (octets[index] !== 0) return false;
  }
  return true;
}

/**
 * The payloads inside a received message's SK payload, or in all its fragments once the last one has come. `undefined`: there is none, it is
 * not authentic, or fragments are missing, and nothing is known yet. A decoding error, on the other hand, is the authenticated peer's.
 */
export function* openMessage(context: ProtectionContext, message: Message): Step<Decoded<readonly Payload[]> | undefined> {
  const whole = yield* openWhole(context, message);
  return whole?.ok ? decodePayloads(whole.value.firstPayload, whole.value.octets) : whole;
}

/** As {@link openMessage}, but the payloads as octets: AUTH covers those of IKE_INTERMEDIATE. */
export function* openWhole(context: ProtectionContext, message: Message): Step<Decoded<WholeMessage> | undefined> {
  const encrypted = message.payloads.find((payload) => payload.type === "SK" || payload.type === "SKF");
  if (encrypted === undefined) return undefined;
  if (encrypted.type === "SKF" && !context.fragments?.isWanted(message, encrypted)) return undefined;
  const plaintext = yield* open(openRequest(context, message, encrypted));
  return plaintext && wholeOf(encrypted, plaintext, message, context.fragments);
}

/** Whether a message, or a fragment, is the peer's; its content is not looked at. */
export function* isAuthentic(context: ProtectionContext, message: Message): Step<boolean> {
  const encrypted = message.payloads.find((payload) => payload.type === "SK" || payload.type === "SKF");
  const plaintext = encrypted && (yield* open(openRequest(context, message, encrypted)));
  if (plaintext) wipe(plaintext);
  return plaintext !== undefined;
}

function openRequest(
  context: ProtectionContext,
  { octets }: Message,
  { offset }: EncryptedPayload | EncryptedFragmentPayload,
): OpenRequest {
  return { ...messageKeys(context, "theirs"), sealed: octets, associatedDataLength: offset };
}

/** As {@link openMessage}, for a message whose SK or SKF payload has been opened. */
export function openedPayloads(
  encrypted: EncryptedPayload | EncryptedFragmentPayload,
  plaintext: Uint8Array,
  message: Message,
  fragments: FragmentBuffer | undefined,
): Decoded<readonly Payload[]> | undefined {
  const whole = wholeOf(encrypted, plaintext, message, fragments);
  return whole?.ok ? decodePayloads(whole.value.firstPayload, whole.value.octets) : whole;
}

/** Without padding; a fragment is put to the others. */
function wholeOf(
  encrypted: EncryptedPayload | EncryptedFragmentPayload,
  plaintext: Uint8Array,
  message: Message,
  fragments: FragmentBuffer | undefined,
): Decoded<WholeMessage> | undefined {
  const padLength = plaintext.length > 0 ? plaintext[plaintext.length - 1] : 0;
  if (padLength + 1 > plaintext.length) {
    return {
      ok: false,
      error: {
        kind: "bad-length",
        payload: encrypted.type,
        offset: encrypted.offset,
        expected: "a Pad Length within the plaintext",
      },
    };
  }
  const octets = plaintext.subarray(0, plaintext.length - 1 - padLength);
  if (encrypted.type === "SK") return { ok: true, value: { firstPayload: encrypted.firstPayload, octets } };
  const value = fragments?.add(message, encrypted, octets);
  return value && { ok: true, value };
}

/** Why a message that did not open changes nothing, in a word for counters. */
export function notOpened({ payloads }: Message): "fragment" | "not-authentic" {
  return payloads.some(({ type }) => type === "SKF") ? "fragment" : "not-authentic";
}

/** The octets by which a message that was opened is known when it comes again. */
export function identityOf(message: Message, fragments: FragmentBuffer | undefined): Uint8Array {
  return fragments?.identityOf(message) ?? message.octets;
}

/** Octets of the message that {@link sealMessage} makes of these payloads. */
export function sealedLength({ protection }: IkeSuite, payloads: readonly Payload[]): number {
  const { ivLength, blockLength } = protection.encryption;
  const plaintextLength = encodePaddedPayloads(payloads, blockLength).octets.length;
  return PROTECTED_PREFIX_LENGTH + ivLength + plaintextLength + icvLength(protection);
}

/** IKE header and generic header of SK. */
const PROTECTED_PREFIX_LENGTH = 32;
