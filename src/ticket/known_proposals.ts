/**
 * Proposals in tickets, known by their octets. The IKE SAs of a gateway have few different ones, so nearly every ticket holds
 * one that was read, or written, before.
 *
 * @module
 */
import { NO_NEXT_PAYLOAD, PayloadNumber } from "../wire/constants.ts";
import { decodePayloads, encodePayload } from "../wire/message.ts";
import type { Proposal } from "../wire/payload.ts";

/** Tickets come from configurations, not from strangers: no honest fleet has so many. */
const MOST_KNOWN = 32;

interface Known {
  readonly octets: Uint8Array;
  readonly proposal: Proposal;
}

let known: Known[] = [];
const written = new WeakMap<Proposal, Uint8Array>();

/**
 * The one proposal of an SA payload, which begins at `start` and is the last of its chain; `undefined`: there is none, or there
 * are several. Equal octets give one object, which shares nothing with `octets`: a ticket's are wiped.
 */
export function readProposal(octets: Uint8Array, start: number, end: number): Proposal | undefined {
  for (const one of known) {
    if (isAt(one.octets, octets, start, end)) return one.proposal;
  }
  const own = octets.slice(start, end);
  const decoded = decodePayloads(PayloadNumber.SA, own);
  if (!decoded.ok || decoded.value.length !== 1) return undefined;
  const [payload] = decoded.value;
  if (payload.type !== "SA" || payload.proposals.length !== 1) return undefined;
  const [proposal] = payload.proposals;
  if (known.length === MOST_KNOWN) known = [];
  known.push({ octets: own, proposal });
  return proposal;
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

function isAt(expected: Uint8Array, octets: Uint8Array, start: number, end: number): boolean {
  if (end - start !== expected.length) return false;
  for (let index = 0; index < expected.length; index++) {
    if (octets[start + index] !== expected[index]) return false;
  }
  return true;
}
