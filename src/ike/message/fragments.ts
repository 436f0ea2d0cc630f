/**
 * Received fragments of protected messages, until a message is whole (RFC 7383).
 *
 * @module
 */
import type { Message } from "../../wire/message.ts";
import type { EncryptedFragmentPayload } from "../../wire/payload.ts";

/** More than a message of the largest size needs at the smallest sensible fragment size. */
const MAXIMUM_FRAGMENTS = 64;
/** Octets of one message put together, padding left out: more than any message with a chain of certificates. */
const MAXIMUM_OCTETS = 16_384;

/** A message that is whole again. */
export interface WholeMessage {
  readonly firstPayload: number;
  /** The payloads, without padding. */
  readonly octets: Uint8Array;
}

interface Incomplete {
  readonly messageId: number;
  readonly exchangeType: number;
  readonly totalFragments: number;
  readonly kept: Map<number, Uint8Array>;
  octets: number;
  firstPayload: number;
  /** Fragment 1 as it came: by it a repeated request is known (RFC 7383, section 2.6.1). */
  first: Uint8Array;
}

/** Octets of incomplete messages, unless configured: a thousand of the longest. */
const DEFAULT_MOST_OCTETS = 16 << 20;

/**
 * Bounds the fragments of incomplete messages, over all IKE SAs of one end. Beyond it the message that began first is given up:
 * an honest one is whole within a moment, and its sender sends it again.
 */
export class FragmentBudget {
  readonly #mostOctets: number;
  readonly #holders = new Map<FragmentBuffer, number>();
  #octets = 0;
  #givenUp = 0;

  constructor(mostOctets: number = DEFAULT_MOST_OCTETS) {
    this.#mostOctets = mostOctets;
  }

  /** Octets that are held now. */
  get octets(): number {
    return this.#octets;
  }

  /** How many IKE SAs had to give up what they held. Only grows. */
  get givenUp(): number {
    return this.#givenUp;
  }

  /** A buffer holds so many octets from now on. One that held something before keeps its place in the line. */
  hold(buffer: FragmentBuffer, octets: number): void {
    if (octets === 0) return this.release(buffer);
    this.#octets += octets - (this.#holders.get(buffer) ?? 0);
    this.#holders.set(buffer, octets);
    for (const oldest of this.#holders.keys()) {
      if (this.#octets <= this.#mostOctets) return;
      if (oldest === buffer) continue;
      this.#givenUp++;
      oldest.giveUp();
    }
  }

  /** A buffer holds nothing any more. */
  release(buffer: FragmentBuffer): void {
    this.#octets -= this.#holders.get(buffer) ?? 0;
    this.#holders.delete(buffer);
  }
}

/**
 * The fragments that one end of an IKE SA holds: of one request and of one response at most, each within a bound of number and octets. Only
 * what is authentic is ever kept, so that a forger can neither fill the memory nor spoil a message (RFC 7383, section 2.6).
 */
export class FragmentBuffer {
  readonly #budget: FragmentBudget | undefined;
  #request: Incomplete | undefined;
  #response: Incomplete | undefined;
  #longestMessage: number;

  /**
   * @param longestMessage octets of the longest message that this end sends whole.
   * @param budget shared by all buffers of an end; not given: this one counts alone.
   */
  constructor(longestMessage: number, budget?: FragmentBudget) {
    this.#longestMessage = longestMessage;
    this.#budget = budget;
  }

  /** Octets of the longest message that this end sends whole; no fragment of it is longer either. */
  get longestMessage(): number {
    return this.#longestMessage;
  }

  /** From now on nothing longer is sent: what was longer did not get through (RFC 7383, section 2.5.2). */
  shorten(longestMessage: number): void {
    this.#longestMessage = Math.min(this.#longestMessage, longestMessage);
  }

  /** A buffer for the IKE SA that takes the place of this one's. */
  another(): FragmentBuffer {
    return new FragmentBuffer(this.#longestMessage, this.#budget);
  }

  /** Forgets incomplete messages. What it takes to recognize a repeated request stays. */
  giveUp(): void {
    if (isIncomplete(this.#request)) this.#request = undefined;
    if (isIncomplete(this.#response)) this.#response = undefined;
    this.#budget?.release(this);
  }

  /** Octets that are kept here, among them the first fragment as it came. A message that was put together still counts. */
  get heldOctets(): number {
    return heldOctets(this.#request) + heldOctets(this.#response);
  }

  /**
   * Whether a fragment is worth opening: it is new, within bounds, and its message is not in fewer pieces than the one held.
   */
  isWanted({ header }: Message, { fragmentNumber, totalFragments }: EncryptedFragmentPayload): boolean {
    if (totalFragments > MAXIMUM_FRAGMENTS) return false;
    const held = this.#held(header);
    if (held === undefined) return true;
    // A message cut anew into smaller pieces begins again; what came of the larger ones counts no more.
    return held.totalFragments === totalFragments ? !held.kept.has(fragmentNumber) : totalFragments > held.totalFragments;
  }

  /** Keeps a fragment that proved authentic. Returns the whole message if this was the last one that was missing. */
  add(message: Message, fragment: EncryptedFragmentPayload, octets: Uint8Array): WholeMessage | undefined {
    // Another fragment of the same wave may have come first.
    if (!this.isWanted(message, fragment)) return undefined;
    const { header } = message;
    const { fragmentNumber, totalFragments } = fragment;
    let held = this.#held(header);
    if (held?.totalFragments !== totalFragments) {
      const { messageId, exchangeType } = header;
      held = { messageId, exchangeType, totalFragments, kept: new Map(), octets: 0, firstPayload: 0, first: message.octets };
      if (header.isResponse) this.#response = held;
      else this.#request = held;
    }
    if (held.octets + octets.length > MAXIMUM_OCTETS) return undefined;
    // A copy: what was decrypted may be a small part of an array that a whole wave shares.
    held.kept.set(fragmentNumber, octets.slice());
    held.octets += octets.length;
    if (fragmentNumber === 1) {
      held.firstPayload = fragment.firstPayload;
      held.first = message.octets;
    }
    const whole = held.kept.size === totalFragments ? putTogether(held) : undefined;
    this.#budget?.hold(this, incompleteOctets(this.#request) + incompleteOctets(this.#response));
    return whole;
  }

  /**
   * The octets by which a message is known when it comes again: its own, or those of its first fragment. The message must have been opened,
   * and must be the latest of its direction that was.
   */
  identityOf({ header, payloads, octets }: Message): Uint8Array {
    const held = payloads.some(({ type }) => type === "SKF") ? this.#held(header) : undefined;
    return held?.first ?? octets;
  }

  #held({ isResponse, messageId, exchangeType }: Message["header"]): Incomplete | undefined {
    const held = isResponse ? this.#response : this.#request;
    return held?.messageId === messageId && held.exchangeType === exchangeType ? held : undefined;
  }
}

/**
 * Joins the pieces in order and forgets them. What names the message stays, so that late fragments are not taken for new ones.
 */
function putTogether(held: Incomplete): WholeMessage {
  const octets = new Uint8Array(held.octets);
  let end = 0;
  for (let number = 1; number <= held.totalFragments; number++) {
    const piece = held.kept.get(number)!;
    octets.set(piece, end);
    end += piece.length;
    held.kept.set(number, NOTHING);
  }
  return { firstPayload: held.firstPayload, octets };
}

function heldOctets(held: Incomplete | undefined): number {
  return held === undefined ? 0 : held.octets + held.first.length;
}

function isIncomplete(held: Incomplete | undefined): boolean {
  return held !== undefined && held.kept.size < held.totalFragments;
}

function incompleteOctets(held: Incomplete | undefined): number {
  return isIncomplete(held) ? heldOctets(held) : 0;
}

const NOTHING = new Uint8Array(0);
