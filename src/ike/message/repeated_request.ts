/**
 * A request that comes again after it was answered: the answer goes out again, and nothing else happens (RFC 7296, section
 * 2.1).
 *
 * @module
 */
import { EXCHANGE_TYPE_OFFSET, NEXT_PAYLOAD_OFFSET } from "../../wire/header.ts";
import type { Message } from "../../wire/message.ts";
import type { Step } from "../steps/step.ts";
import { mayBeShortened, shortenedResponse } from "./fragmentation.ts";
import { isAuthentic, type ProtectionContext } from "./protected_message.ts";

const ENCRYPTED_FRAGMENT = 53;
/** Octets of a mark that is written down. */
export const REQUEST_MARK_LENGTH = 22;
/** Octets at the end of a message that are its ICV, or the end of it. Of a short ICV they hold more. */
const TELLING_OCTETS = 16;

/**
 * What a request that was authentic is known by when it comes again: its length and its last octets, where its ICV is. Only who has seen the request
 * can make others of the same mark, and could as well send the request itself. Its own octets would be a large part of an IKE SA.
 */
export class RequestMark {
  readonly exchangeType: number;
  readonly wasFragment: boolean;
  readonly #length: number;
  readonly #tail0: number;
  readonly #tail1: number;
  readonly #tail2: number;
  readonly #tail3: number;

  private constructor(
    exchangeType: number,
    wasFragment: boolean,
    length: number,
    tail0: number,
    tail1: number,
    tail2: number,
    tail3: number,
  ) {
    this.exchangeType = exchangeType;
    this.wasFragment = wasFragment;
    this.#length = length;
    this.#tail0 = tail0;
    this.#tail1 = tail1;
    this.#tail2 = tail2;
    this.#tail3 = tail3;
  }

  /** @param octets of the whole request, or of its first fragment. */
  static of(octets: Uint8Array): RequestMark {
    const tail = octets.length - TELLING_OCTETS;
    return new RequestMark(
      octets[EXCHANGE_TYPE_OFFSET],
      octets[NEXT_PAYLOAD_OFFSET] === ENCRYPTED_FRAGMENT,
      octets.length,
      word(octets, tail),
      word(octets, tail + 4),
      word(octets, tail + 8),
      word(octets, tail + 12),
    );
  }

  /** What {@link RequestMark.write} wrote. */
  static read(view: DataView, at: number): RequestMark {
    return new RequestMark(
      view.getUint8(at),
      view.getUint8(at + 1) === 1,
      view.getUint32(at + 2),
      view.getInt32(at + 6),
      view.getInt32(at + 10),
      view.getInt32(at + 14),
      view.getInt32(at + 18),
    );
  }

  /** Writes it as {@link REQUEST_MARK_LENGTH} octets. */
  write(view: DataView, at: number): void {
    view.setUint8(at, this.exchangeType);
    view.setUint8(at + 1, this.wasFragment ? 1 : 0);
    view.setUint32(at + 2, this.#length);
    view.setInt32(at + 6, this.#tail0);
    view.setInt32(at + 10, this.#tail1);
    view.setInt32(at + 14, this.#tail2);
    view.setInt32(at + 18, this.#tail3);
  }

  /** Whether octets of the same message ID are the request again. */
  isOf(octets: Uint8Array): boolean {
    const tail = octets.length - TELLING_OCTETS;
    return octets.length === this.#length && octets[EXCHANGE_TYPE_OFFSET] === this.exchangeType &&
      word(octets, tail) === this.#tail0 && word(octets, tail + 4) === this.#tail1 && word(octets, tail + 8) === this.#tail2 &&
      word(octets, tail + 12) === this.#tail3;
  }
}

/** The latest request that was answered, and what it takes to answer it again. */
export interface Answered {
  readonly lastRequest: RequestMark;
  readonly lastResponse: Uint8Array;
  /** How often the request has come again, as long as its answer may be sent in smaller fragments for that. */
  readonly timesRepeated?: number;
}

/**
 * The answer to a message with the message ID of the latest request, if it is that request again. One that does not seem to get through
 * is sent in smaller fragments (RFC 7383, section 2.5.2).
 */
export function* repeatAnswer(
  message: Message,
  { lastRequest, lastResponse, timesRepeated = 0 }: Partial<Answered>,
  protection: ProtectionContext,
): Step<Answered | undefined> {
  if (!lastRequest || !lastResponse || !(yield* isRepeated(message, lastRequest, protection))) return undefined;
  if (!mayBeShortened(protection, lastResponse)) return { lastRequest, lastResponse };
  const times = timesRepeated + 1;
  const response = yield* shortenedResponse(protection, lastResponse, times, !lastRequest.isOf(message.octets));
  return { lastRequest, lastResponse: response, timesRepeated: times };
}

/**
 * Whether a message with the message ID of the latest request is that request again. Most peers send the same octets again. A
 * request that comes in other fragments than before, now in fragments, or now in one piece, has other octets: it has to be
 * authentic, and only its first fragment gets the answer (RFC 7383, section 2.6.1). A peer has no other request with that ID.
 */
function* isRepeated(message: Message, lastRequest: RequestMark, protection: ProtectionContext): Step<boolean> {
  if (lastRequest.isOf(message.octets)) return true;
  if (message.header.exchangeType !== lastRequest.exchangeType || protection.fragments === undefined) return false;
  const encrypted = message.payloads.find((payload) => payload.type === "SK" || payload.type === "SKF");
  const mayBe = encrypted?.type === "SKF" ? encrypted.fragmentNumber === 1 : encrypted !== undefined && lastRequest.wasFragment;
  return mayBe && (yield* isAuthentic(protection, message));
}

function word(octets: Uint8Array, at: number): number {
  return octets[at] << 24 | octets[at + 1] << 16 | octets[at + 2] << 8 | octets[at + 3];
}
