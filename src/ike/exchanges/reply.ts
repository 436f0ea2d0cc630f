/**
 * The effects that nearly every exchange of the responder ends with.
 *
 * @module
 */
import type { Effect } from "../states/effect.ts";
import type { Datagram } from "../steps/datagram.ts";

/** Gives no answer. The reason is one of a small set of words, for counters. */
export function drop(reason: string): Effect[] {
  return [{ type: "dropped", reason }];
}

/** Goes back to where the request came from, over the port it came in on (RFC 4718, section 7.6). */
export function reply(octets: Uint8Array, { local, remote, encapsulated }: Datagram): Effect {
  return { type: "send", datagram: { octets, local, remote, encapsulated } };
}
