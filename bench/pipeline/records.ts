/**
 * What stands behind the JSON of a frame: datagrams, and the Child SAs that came up with them.
 *
 * @module
 */
import type { ChildSa, ChildSaKeys } from "../../src/ike/child_sa/child_sa.ts";
import type { SpiPair } from "../../src/ike/ike_sa/spi.ts";

/** An IKE message of a client's, or for it. */
export interface ClientMessage {
  readonly client: number;
  readonly octets: Uint8Array;
}

/** Client and length. */
const MESSAGE_HEADER = 8;

export function packMessages(messages: readonly ClientMessage[]): Uint8Array {
  const length = messages.reduce((sum, { octets }) => sum + MESSAGE_HEADER + octets.length, 0);
  const packed = new Uint8Array(length);
  const view = new DataView(packed.buffer);
  let at = 0;
  for (const { client, octets } of messages) {
    view.setUint32(at, client);
    view.setUint32(at + 4, octets.length);
    packed.set(octets, at + MESSAGE_HEADER);
    at += MESSAGE_HEADER + octets.length;
  }
  return packed;
}

/** Each message in an array of its own, as it comes from a socket. */
export function unpackMessages(packed: Uint8Array): ClientMessage[] {
  const view = new DataView(packed.buffer, packed.byteOffset);
  const messages: ClientMessage[] = [];
  for (let at = 0; at < packed.length;) {
    const start = at + MESSAGE_HEADER;
    const end = start + view.getUint32(at + 4);
    messages.push({ client: view.getUint32(at), octets: packed.slice(start, end) });
    at = end;
  }
  return messages;
}

/** Name of an IKE SA to what both ends must agree on of its Child SA, as text. */
export type ChildSaKeyTexts = ReadonlyMap<string, string>;

/** IKE SPIs, ESP SPIs, lengths of keys. */
const CHILD_SA_HEADER = 28;

/** Where Child SAs are written as they come up: an array that stays, so that nothing is made for the bench alone. */
export class ChildSaWriter {
  readonly #octets: Uint8Array;
  readonly #view: DataView;
  #length = 0;

  constructor(size: number) {
    this.#octets = new Uint8Array(size);
    this.#view = new DataView(this.#octets.buffer);
  }

  /** As the end sees it that made it: `inbound` first. */
  write({ initiatorSpi, responderSpi }: SpiPair, { inboundSpi, outboundSpi, inbound, outbound }: ChildSa): void {
    const at = this.#length;
    this.#view.setBigUint64(at, initiatorSpi);
    this.#view.setBigUint64(at + 8, responderSpi);
    this.#view.setUint32(at + 16, inboundSpi);
    this.#view.setUint32(at + 20, outboundSpi);
    this.#length += CHILD_SA_HEADER;
    this.#view.setUint16(at + 24, this.#writeKeys(inbound));
    this.#view.setUint16(at + 26, this.#writeKeys(outbound));
  }

  /** What was written since the last time: a copy. */
  take(): Uint8Array {
    const taken = this.#octets.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #writeKeys({ encryptionKey, integrityKey }: ChildSaKeys): number {
    this.#octets.set(encryptionKey, this.#length);
    this.#octets.set(integrityKey, this.#length + encryptionKey.length);
    const length = encryptionKey.length + integrityKey.length;
    this.#length += length;
    return length;
  }
}

/** What one end's Child SAs are, by the IKE SAs: the other end's `write` of the same Child SA gives the same with its directions changed over. */
export function childSaTexts(written: Uint8Array, end: "initiator" | "responder"): Map<string, string> {
  const view = new DataView(written.buffer, written.byteOffset);
  const texts = new Map<string, string>();
  for (let at = 0; at < written.length;) {
    const name = `${view.getBigUint64(at)}-${view.getBigUint64(at + 8)}`;
    const keys = at + CHILD_SA_HEADER;
    const middle = keys + view.getUint16(at + 24);
    const next = middle + view.getUint16(at + 26);
    const inbound = `${view.getUint32(at + 16)} ${written.subarray(keys, middle)}`;
    const outbound = `${view.getUint32(at + 20)} ${written.subarray(middle, next)}`;
    texts.set(name, end === "initiator" ? `${inbound} ${outbound}` : `${outbound} ${inbound}`);
    at = next;
  }
  return texts;
}
