/**
 * Messages of TLS in parts (RFC 5216, section 2.1.5): each part but the last is answered by an empty packet.
 *
 * @module
 */
import { concatenate } from "../../wire/octets.ts";
import { emptyPacket, isEmpty, partPacket, type TlsPacket } from "./tls_packet.ts";

/** Octets of one message: several times what a chain of long certificates takes. */
const LONGEST_MESSAGE = 32_768;
/** Octets of one part that is sent: with what stands around it, it fits into packets of any path. */
const PART_LENGTH = 1_024;

/** What is to be said, part by part. */
export class OutgoingMessage {
  readonly #octets: Uint8Array;
  #sent = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  get isSent(): boolean {
    return this.#sent === this.#octets.length;
  }

  /** The next part; an empty packet where there is nothing to say. */
  next(): Uint8Array {
    const { length } = this.#octets;
    if (length === 0) return emptyPacket();
    const isFirst = this.#sent === 0;
    const part = this.#octets.subarray(this.#sent, this.#sent + PART_LENGTH);
    this.#sent += part.length;
    return partPacket(part, !this.isSent, isFirst && !this.isSent ? length : undefined);
  }
}

/** What the other end says, as far as it has come. */
export class IncomingMessage {
  #parts: Uint8Array[] = [];
  #length = 0;
  #totalLength: number | undefined;

  /** The whole message; `"more"`: another part is to come; `undefined`: it breaks the rules, or is longer than any that is needed. */
  take({ hasMore, totalLength, data }: TlsPacket): Uint8Array | "more" | undefined {
    this.#totalLength ??= totalLength;
    if (totalLength !== undefined && totalLength !== this.#totalLength) return undefined;
    const most = Math.min(this.#totalLength ?? LONGEST_MESSAGE, LONGEST_MESSAGE);
    this.#length += data.length;
    if (this.#length > most || (this.#totalLength ?? 0) > most) return undefined;
    if (hasMore && data.length === 0) return undefined;
    // A copy: what came is not kept longer than its message.
    this.#parts.push(data.slice());
    if (hasMore) return "more";
    const isWhole = this.#totalLength === undefined || this.#length === this.#totalLength;
    const whole = isWhole ? concatenate(this.#parts) : undefined;
    this.#parts = [];
    this.#length = 0;
    this.#totalLength = undefined;
    return whole;
  }
}

/** Both directions of a conversation, one packet after the other. */
export class TlsFragments {
  readonly #incoming = new IncomingMessage();
  #outgoing = new OutgoingMessage(new Uint8Array(0));

  /** The next packet, to say this. */
  say(octets: Uint8Array): Uint8Array {
    this.#outgoing = new OutgoingMessage(octets);
    return this.#outgoing.next();
  }

  /**
   * Takes a packet: `packet`, the answer to it, without another word of TLS; `whole`, a message of the other end's; `undefined`: it breaks the rules.
   */
  take(packet: TlsPacket): { readonly packet: Uint8Array } | { readonly whole: Uint8Array } | undefined {
    if (!this.#outgoing.isSent) return isEmpty(packet) ? { packet: this.#outgoing.next() } : undefined;
    const whole = this.#incoming.take(packet);
    if (whole === "more") return { packet: emptyPacket() };
    return whole && { whole };
  }
}
