/**
 * The file through which all processes of a run have the same sessions: numbers of four octets, little-endian, and octets behind their
 * number. First the count of sessions and the ticket key, then the fields of each. bench/peers-rs reads it too.
 *
 * @module
 */
import type { Plain, Session } from "./session.ts";

const NUMBER_LENGTH = 4;

export function encodeSessions(sessions: readonly Session[]): Uint8Array {
  const writer = new SessionWriter();
  writer.number(sessions.length);
  writer.octets(sessions[0]?.ticketKey ?? new Uint8Array(0));
  for (const session of sessions) writer.session(session);
  return writer.whole();
}

/** @throws RangeError when the file is cut off. */
export function decodeSessions(file: Uint8Array): Session[] {
  const reader = new SessionReader(file);
  const count = reader.number();
  const ticketKey = reader.octets();
  return Array.from({ length: count }, () => reader.session(ticketKey));
}

class SessionWriter {
  readonly #parts: Uint8Array[] = [];

  whole(): Uint8Array {
    const file = new Uint8Array(this.#parts.reduce((sum, part) => sum + part.length, 0));
    let offset = 0;
    for (const part of this.#parts) {
      file.set(part, offset);
      offset += part.length;
    }
    return file;
  }

  number(value: number): void {
    const octets = new Uint8Array(NUMBER_LENGTH);
    new DataView(octets.buffer).setUint32(0, value, true);
    this.#parts.push(octets);
  }

  octets(value: Uint8Array): void {
    this.number(value.length);
    this.#parts.push(value);
  }

  plain({ associatedData, iv, plaintext }: Plain): void {
    for (const part of [associatedData, iv, plaintext]) this.octets(part);
  }

  session(session: Session): void {
    const { expected } = session;
    this.octets(session.ticket);
    this.number(session.oldSkDOffset);
    this.octets(session.initiatorNonce);
    this.octets(session.responderNonce);
    this.octets(session.spis);
    this.octets(session.initiatorMessage);
    this.octets(session.responderMessage);
    this.octets(session.initiatorId);
    this.octets(session.responderId);
    this.octets(session.request);
    this.number(session.authOffset);
    this.plain(session.nextTicket);
    this.plain(session.response);
    this.number(session.ticketOffset);
    this.octets(expected.ticketState);
    this.octets(expected.keyingMaterial);
    this.octets(expected.requestPlaintext);
    this.octets(expected.auth);
    this.octets(expected.childKeys);
    this.octets(expected.nextTicket);
    this.octets(expected.response);
  }
}

class SessionReader {
  readonly #file: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(file: Uint8Array) {
    // A Buffer's slices would share its memory.
    this.#file = new Uint8Array(file.buffer, file.byteOffset, file.length);
    this.#view = new DataView(file.buffer, file.byteOffset, file.length);
  }

  number(): number {
    const value = this.#view.getUint32(this.#offset, true);
    this.#offset += NUMBER_LENGTH;
    return value;
  }

  /** A copy: each field stands in an array of its own, as what comes from a socket or a store does. */
  octets(): Uint8Array {
    const length = this.number();
    if (this.#offset + length > this.#file.length) throw new RangeError("the file of sessions is cut off");
    return this.#file.slice(this.#offset, this.#offset += length);
  }

  plain(): Plain {
    return { associatedData: this.octets(), iv: this.octets(), plaintext: this.octets() };
  }

  session(ticketKey: Uint8Array): Session {
    return {
      ticketKey,
      ticket: this.octets(),
      oldSkDOffset: this.number(),
      initiatorNonce: this.octets(),
      responderNonce: this.octets(),
      spis: this.octets(),
      initiatorMessage: this.octets(),
      responderMessage: this.octets(),
      initiatorId: this.octets(),
      responderId: this.octets(),
      request: this.octets(),
      authOffset: this.number(),
      nextTicket: this.plain(),
      response: this.plain(),
      ticketOffset: this.number(),
      expected: {
        ticketState: this.octets(),
        keyingMaterial: this.octets(),
        requestPlaintext: this.octets(),
        auth: this.octets(),
        childKeys: this.octets(),
        nextTicket: this.octets(),
        response: this.octets(),
      },
    };
  }
}
