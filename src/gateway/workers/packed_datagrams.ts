/**
 * Datagrams on their way from one thread to another: the octets of all of them in one buffer, which is handed over and not copied.
 *
 * @module
 */
import type { Datagram, Endpoint } from "../../ike/steps/datagram.ts";

/** The two endpoints of one address that a gateway listens on. */
export interface Place {
  readonly local: Endpoint;
  readonly encapsulatedLocal: Endpoint;
}

export interface PackedDatagrams {
  readonly octets: Uint8Array<ArrayBuffer>;
  readonly lengths: readonly number[];
  readonly remotes: readonly Endpoint[];
  /** Twice the place's number, and one more at its UDP-encapsulation port. */
  readonly ports: readonly number[];
}

/** Datagrams that wait to go together. */
export class DatagramPacker {
  #waiting: { readonly octets: Uint8Array; readonly remote: Endpoint; readonly port: number }[] = [];
  #length = 0;

  get count(): number {
    return this.#waiting.length;
  }

  add({ octets, remote, encapsulated }: Datagram, place: number): void {
    this.#waiting.push({ octets, remote, port: 2 * place + (encapsulated ? 1 : 0) });
    this.#length += octets.length;
  }

  /** All that were added, and none is left. Its buffer may be transferred. */
  take(): PackedDatagrams {
    const octets = new Uint8Array(this.#length);
    let at = 0;
    for (const waiting of this.#waiting) {
      octets.set(waiting.octets, at);
      at += waiting.octets.length;
    }
    const packed = {
      octets,
      lengths: this.#waiting.map(({ octets: { length } }) => length),
      remotes: this.#waiting.map(({ remote }) => remote),
      ports: this.#waiting.map(({ port }) => port),
    };
    this.#waiting = [];
    this.#length = 0;
    return packed;
  }
}

/** Each datagram with octets of its own: IKE SAs keep messages, and one must not keep all that came with it. */
export function unpack({ octets, lengths, remotes, ports }: PackedDatagrams, places: readonly Place[]): PlacedDatagram[] {
  let at = 0;
  return lengths.map((length, index) => {
    const start = at;
    at += length;
    const encapsulated = (ports[index] & 1) === 1;
    const place = ports[index] >> 1;
    const { local, encapsulatedLocal } = places[place];
    return {
      place,
      datagram: {
        octets: octets.slice(start, at),
        local: encapsulated ? encapsulatedLocal : local,
        remote: remotes[index],
        encapsulated,
      },
    };
  });
}

export interface PlacedDatagram {
  readonly place: number;
  readonly datagram: Datagram;
}
