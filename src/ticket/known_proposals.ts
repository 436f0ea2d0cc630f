/**
 * Proposals as they stand in tickets. The IKE SAs of a gateway have few between them, so nearly every ticket holds one that was read, or written,
 * before.
 *
 * @module
 */
import { NO_NEXT_PAYLOAD, PayloadNumber } from "../wire/constants.ts";
import { decodePayloads, encodePayload } from "../wire/message.ts";
import type { Proposal } from "../wire/payload.ts";
import { KnownOctets } from "./known_octets.ts";

const read = new KnownOctets<Proposal>((octets) => {
  const decoded = decodePayloads(PayloadNumber.SA, octets);
  if (!decoded.ok || decoded.value.length !== 1) return undefined;
  const [payload] = decoded.value;
  return payload.type === "SA" && payload.proposals.length === 1 ? payload.proposals[0] : undefined;
});

const written = new WeakMap<Proposal, Uint8Array>();

/**
 * The one proposal of an SA payload, which begins at `start` and is the last of its chain; `undefined`: it is none, or there are several. Equal octets
 * give one object, which shares nothing with `octets`: a ticket's are wiped.
 */
export function readProposal(octets: Uint8Array, start: number, end: number): Proposal | undefined {
  return read.valueOf(octets, start, end);
}

/** The octets of an SA payload that holds one proposal: not to be changed. */
export function proposalOctets(proposal: Proposal): Uint8Array {
  let octets = written.get(proposal);
  if (octets === undefined) {
    octets = encodePayload({ type: "SA", proposals: [proposal] }, NO_NEXT_PAYLOAD);
    written.set(proposal, octets);
  }
  return octets;
}
