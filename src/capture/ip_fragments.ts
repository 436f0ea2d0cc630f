/**
 * IP datagrams put together of their fragments (RFC 791, section 3.2; RFC 8200, section 4.5), in whatever order these were recorded. A file is
 * hostile: each octet of it is kept once at most, as a view, and so many datagrams wait that nothing is looked through.
 *
 * @module
 */
import { toHexadecimal } from "../wire/hexadecimal.ts";
import { concatenate } from "../wire/octets.ts";
import type { Frame } from "./capture_file.ts";
import type { FragmentPlace, IpPacket } from "./ip_packet.ts";

/** Datagrams that wait for fragments; of more, the oldest is given up. */
const MOST_WAITING = 4_096;
/** How long after its first one a fragment may come, in nanoseconds: identifications come again. */
const LONGEST_WAIT_NS = 60_000_000_000n;
const LONGEST_DATAGRAM = 65_535;

/** An IP datagram, or what there is of it. */
export interface Reassembled {
  /** The packet that made it whole; of one that is not, that of its first fragment. */
  readonly frame: Frame;
  readonly packet: IpPacket;
  /** Else its first fragment alone is here. */
  readonly isWhole: boolean;
}

interface Part {
  readonly frame: Frame;
  readonly packet: IpPacket;
  readonly place: FragmentPlace;
}

interface Waiting {
  readonly sinceNs: bigint | undefined;
  /** By their offsets, of which there are 8,192. */
  readonly parts: Map<number, Part>;
  /** Octets of all parts. */
  octets: number;
  /** Where the last one ends, once it is here. */
  end: number | undefined;
  /** Fragments contradict each other: nobody can say what the datagram was (RFC 5722). */
  isSpoiled: boolean;
}

export class IpFragments {
  /** By its ends and its identification, in the order of their first fragments. */
  readonly #waiting = new Map<string, Waiting>();

  /** Of a fragment: what it makes whole, and what is given up for it. */
  *take(frame: Frame, packet: IpPacket, place: FragmentPlace): Generator<Reassembled, void, undefined> {
    if (!isPossible(place)) return;
    const name = nameOf(packet, place);
    let waiting = this.#waiting.get(name);
    if (waiting !== undefined && isTooLate(waiting, frame)) {
      yield* this.#giveUp(name, waiting);
      waiting = undefined;
    }
    if (waiting === undefined) {
      const [oldest] = this.#waiting.size === MOST_WAITING ? this.#waiting : [];
      if (oldest !== undefined) yield* this.#giveUp(...oldest);
      waiting = { sinceNs: frame.timeNs, parts: new Map(), octets: 0, end: undefined, isSpoiled: false };
      this.#waiting.set(name, waiting);
    }
    add(waiting, { frame, packet, place });
    const whole = wholeOf(waiting, frame);
    if (whole === undefined) return;
    this.#waiting.delete(name);
    yield whole;
  }

  /** The file is at its end: what has not become whole. */
  *rest(): Generator<Reassembled, void, undefined> {
    for (const [name, waiting] of this.#waiting) yield* this.#giveUp(name, waiting);
  }

  *#giveUp(name: string, { parts }: Waiting): Generator<Reassembled, void, undefined> {
    this.#waiting.delete(name);
    const first = parts.get(0);
    if (first) yield { frame: first.frame, packet: first.packet, isWhole: false };
  }
}

/** Whether a fragment can be one: all but the last are of units of 8 octets. */
function isPossible({ offset, length, isLast }: FragmentPlace): boolean {
  return length > 0 && offset + length <= LONGEST_DATAGRAM && (isLast || length % 8 === 0);
}

/** Of IPv6 the first fragment alone says what its datagram carries. */
function nameOf({ from, to }: IpPacket, { identification }: FragmentPlace): string {
  return `${toHexadecimal(from)} ${toHexadecimal(to)} ${identification}`;
}

function isTooLate({ sinceNs }: Waiting, { timeNs }: Frame): boolean {
  return sinceNs !== undefined && timeNs !== undefined && timeNs - sinceNs > LONGEST_WAIT_NS;
}

function add(waiting: Waiting, part: Part): void {
  const { place: { offset, length, isLast } } = part;
  const same = waiting.parts.get(offset);
  if (same !== undefined) {
    // The network may double it; one of another length is another.
    if (same.place.length !== length || same.place.isLast !== isLast) waiting.isSpoiled = true;
    return;
  }
  waiting.parts.set(offset, part);
  waiting.octets += length;
  if (!isLast) return;
  if (waiting.end !== undefined) waiting.isSpoiled = true;
  waiting.end = offset + length;
}

function wholeOf(waiting: Waiting, frame: Frame): Reassembled | undefined {
  const { end, octets, parts } = waiting;
  const first = parts.get(0);
  if (waiting.isSpoiled || end === undefined || octets < end || first === undefined) return undefined;
  const kept: Uint8Array[] = [];
  let isCut = false;
  let at = 0;
  for (
    const { packet: { payload }, place } of [...parts.values()].sort((one, other) => one.place.offset - other.place.offset)
  ) {
    if (place.offset !== at) {
      waiting.isSpoiled = true;
      return undefined;
    }
    // What stands behind octets that were not recorded would read as if it stood in their place.
    if (!isCut) kept.push(payload);
    isCut ||= payload.length < place.length;
    at += place.length;
  }
  const { fragment: _, ...packet } = first.packet;
  return { frame, packet: { ...packet, payload: concatenate(kept) }, isWhole: true };
}
