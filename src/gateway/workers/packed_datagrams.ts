/**
 * Datagrams on their way from one thread to another: the octets of all of them in one buffer, which is handed over and not copied.
 *
 * @module
 */
import type { Datagram, Endpoint } from "../../ike/steps/datagram.ts";

export interface PackedDatagrams {
  readonly octets: Uint8Array<ArrayBuffer>;
  readonly lengths: readonly number[];
  readonly locals: readonly Endpoint[];
  readonly remotes: readonly Endpoint[];
  readonly encapsulated: readonly boolean[];
}

/** Datagrams that wait to go together. Their octets must stay as they are until they are taken. */
export class DatagramPacker {
  #waiting: Datagram[] = [];
  #length = 0;

  get count(): number {
    return this.#waiting.length;
  }

  add(datagram: Datagram): void {
    this.#waiting.push(datagram);
    this.#length += datagram.octets.length;
  }

  /** All that were added, and none is left. Its buffer may be transferred. */
  take(): PackedDatagrams {
    const waiting = this.#waiting;
    const octets = new Uint8Array(this.#length);
    let at = 0;
    for (const datagram of waiting) {
      octets.set(datagram.octets, at);
      at += datagram.octets.length;
    }
    this.#waiting = [];
    this.#length = 0;
    return {
      octets,
      lengths: waiting.map((datagram) => datagram.octets.length),
      locals: waiting.map(({ local }) => local),
      remotes: waiting.map(({ remote }) => remote),
      encapsulated: waiting.map(({ encapsulated }) => encapsulated),
    };
  }
}

/** Each datagram with octets of its own: IKE SAs keep messages, and one must not keep all that came with it. */
export function unpack({ octets, lengths, locals, remotes, encapsulated }: PackedDatagrams): Datagram[] {
  let at = 0;
  return lengths.map((length, index) => {
    const start = at;
    at += length;
    return {
      octets: octets.slice(start, at),
      local: locals[index],
      remote: remotes[index],
      encapsulated: encapsulated[index],
    };
  });
}
