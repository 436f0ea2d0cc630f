/**
 * Messages of this end that are too long for a datagram, cut into fragments (RFC 7383, section 2.5). A message that was cut is kept
 * as its fragments one behind the other, each of which says its own length.
 *
 * @module
 */
import { icvLength } from "../../crypto/algorithms.ts";
import type { SealRequest } from "../../crypto/provider.ts";
import { wipe } from "../../crypto/wipe.ts";
import { statedLength } from "../../wire/header.ts";
import { decodeMessage, encodeFragmentPrefix, FRAGMENT_PREFIX_LENGTH, type Message } from "../../wire/message.ts";
import { concatenate } from "../../wire/octets.ts";
import { open, seal, type Step } from "../steps/step.ts";
import type { Outstanding } from "./retransmission.ts";
import { messageKeys, nextIv, type ProtectionContext } from "./protection.ts";

/**
 * Octets of an IP packet with a message, unless configured: what every link of IPv6 takes (RFC 7383, section 2.5.1). A protected message that is
 * longer goes out in fragments, if the peer knows of them.
 */
export const DEFAULT_FRAGMENT_SIZE = 1_280;
/** The same where longer ones do not get through: what every host takes over IPv4. */
export const SMALLEST_FRAGMENT_SIZE = 576;

/** Octets of the headers of IPv6 and UDP, and of the non-ESP marker. */
const OVERHEAD = 40 + 8 + 4;
const LONGEST_MESSAGE_AT_LAST = longestMessageOf(SMALLEST_FRAGMENT_SIZE);

/** A request or a response that is sent for the third time did not get through because of its length, perhaps. */
const SHORTER_AT = 3;

/** Octets of the longest message in an IP packet of so many octets. */
export function longestMessageOf(fragmentSize: number): number {
  return fragmentSize - OVERHEAD;
}

/** The messages, or fragments, that stand one behind the other. */
export function messagesIn(octets: Uint8Array): Uint8Array[] {
  const length = statedLength(octets);
  if (length === octets.length) return [octets];
  const messages: Uint8Array[] = [];
  for (let start = 0; start < octets.length;) {
    const end = start + statedLength(octets.subarray(start));
    messages.push(octets.subarray(start, end));
    start = end;
  }
  return messages;
}

/** A sealed message of this end's, cut if both ends know of fragments and it is longer than what is sent whole. */
export function* inFragments(context: ProtectionContext, octets: Uint8Array): Step<Uint8Array> {
  const { fragments } = context;
  return fragments === undefined || isSentWhole(fragments, octets)
    ? octets
    : yield* cut(context, octets, fragments.longestMessage);
}

/** Whether a message needs no cutting. */
export function isSentWhole(fragments: ProtectionContext["fragments"], octets: Uint8Array): boolean {
  return fragments === undefined || octets.length <= fragments.longestMessage;
}

/**
 * The same request, now that it was sent once more. From the third time on it is cut into the smallest fragments, and so is all that
 * follows on its IKE SA: the peer begins anew with them (RFC 7383, section 2.5.2).
 */
export function* shortenedRequest<Request extends Outstanding>(context: ProtectionContext, request: Request): Step<Request> {
  if (request.sent !== SHORTER_AT) return request;
  return { ...request, octets: yield* shortened(context, request.octets) };
}

/**
 * The same response, now that its request has come again. `times`: how often it has. `otherwise`: it came in other fragments, which tells
 * that the peer's own did not get through.
 */
export function* shortenedResponse(
  context: ProtectionContext,
  response: Uint8Array,
  times: number,
  otherwise: boolean,
): Step<Uint8Array> {
  return otherwise || times === SHORTER_AT - 1 ? yield* shortened(context, response) : response;
}

/** Whether a message, or a fragment of it, is longer than the smallest fragments are. */
export function mayBeShortened({ fragments }: ProtectionContext, octets: Uint8Array): boolean {
  return fragments !== undefined && messagesIn(octets).some(({ length }) => length > LONGEST_MESSAGE_AT_LAST);
}

function* shortened(context: ProtectionContext, octets: Uint8Array): Step<Uint8Array> {
  if (!mayBeShortened(context, octets)) return octets;
  context.fragments?.shorten(LONGEST_MESSAGE_AT_LAST);
  return yield* cut(context, octets, LONGEST_MESSAGE_AT_LAST);
}

/** Opens what this end has sealed, and seals it again in pieces, with IVs of their own. */
function* cut(context: ProtectionContext, octets: Uint8Array, longestMessage: number): Step<Uint8Array> {
  const messages = messagesIn(octets).map(decodedOwn);
  const plaintexts: Uint8Array[] = [];
  for (const message of messages) plaintexts.push(yield* openOwn(context, message));
  const whole = concatenate(plaintexts);
  try {
    return concatenate(yield* sealPieces(context, messages[0], whole, longestMessage));
  } finally {
    wipe(whole, ...plaintexts);
  }
}

function* sealPieces(
  context: ProtectionContext,
  { header, payloads }: Message,
  whole: Uint8Array,
  longestMessage: number,
): Step<Uint8Array[]> {
  const { protection } = context.suite;
  const { ivLength, blockLength } = protection.encryption;
  const room = longestMessage - FRAGMENT_PREFIX_LENGTH - ivLength - icvLength(protection);
  const pieceLength = Math.floor(room / blockLength) * blockLength - 1;
  const totalFragments = Math.ceil(whole.length / pieceLength);
  const firstPayload = encryptedIn(payloads).firstPayload;
  const sealed: Uint8Array[] = [];
  for (let number = 1; number <= totalFragments; number++) {
    const piece = whole.subarray((number - 1) * pieceLength, number * pieceLength);
    const plaintext = padded(piece, blockLength);
    const request: SealRequest = {
      ...messageKeys(context, "ours"),
      iv: nextIv(context),
      associatedData: encodeFragmentPrefix(
        header,
        number === 1 ? firstPayload : 0,
        number,
        totalFragments,
        ivLength + plaintext.length + icvLength(protection),
      ),
      plaintext,
    };
    sealed.push(yield* seal(request));
    wipe(plaintext);
  }
  return sealed;
}

/** With zeros as padding, and Pad Length. */
function padded(piece: Uint8Array, blockLength: number): Uint8Array {
  const padLength = blockLength - 1 - piece.length % blockLength;
  const plaintext = new Uint8Array(piece.length + padLength + 1);
  plaintext.set(piece);
  plaintext[plaintext.length - 1] = padLength;
  return plaintext;
}

/** What is in a message, or a fragment, without padding. */
function* openOwn(context: ProtectionContext, { octets, payloads }: Message): Step<Uint8Array> {
  const associatedDataLength = encryptedIn(payloads).offset;
  const plaintext = yield* open({ ...messageKeys(context, "ours"), sealed: octets, associatedDataLength });
  if (plaintext === undefined) throw new TypeError("fragmentation: a message of this end does not open with its keys");
  return plaintext.subarray(0, plaintext.length - 1 - plaintext[plaintext.length - 1]);
}

function decodedOwn(octets: Uint8Array): Message {
  const decoded = decodeMessage(octets);
  if (!decoded.ok) throw new TypeError(`fragmentation: a message of this end does not decode, ${decoded.error.kind}`);
  return decoded.value;
}

function encryptedIn(payloads: Message["payloads"]): { readonly firstPayload: number; readonly offset: number } {
  const encrypted = payloads.find((payload) => payload.type === "SK" || payload.type === "SKF");
  if (encrypted === undefined) throw new TypeError("fragmentation: a message in clear cannot be cut");
  return encrypted;
}
