/**
 * Ways to send what was prepared.
 *
 * @module
 */
import type { Attack, AttackerMeans, AttackerSocket } from "./attack.ts";

export function openAll(means: AttackerMeans, addresses: readonly string[]): Promise<AttackerSocket[]> {
  return Promise.all(addresses.map((address) => means.open(address)));
}

/** One after the other, and again from the first; each from the next socket. */
export function sendInTurn(sockets: readonly AttackerSocket[], datagrams: readonly Uint8Array[]): Attack {
  // One socket more or less for each time around: the same octets come from other addresses too.
  return (index) => {
    const round = Math.floor(index / datagrams.length);
    sockets[(index + round) % sockets.length].send(datagrams[index % datagrams.length]);
  };
}

/** Each one made as it is sent; each from the next socket. */
export function sendMade(sockets: readonly AttackerSocket[], make: (index: number) => Uint8Array): Attack {
  return (index) => sockets[index % sockets.length].send(make(index));
}
