/**
 * How much room half-open IKE SAs have, and who gives way when there is none: a stranger's flood must not keep clients out, least of all those
 * that present a ticket (RFC 7296, section 2.6; RFC 8019, section 4; RFC 5723, section 9.3).
 *
 * There is one bound for all, in places of 2 KiB of messages. When it is met, the oldest half-open IKE SA of the address prefix that holds most
 * makes room, never the one that comes. So every prefix has a share, and one that nobody else needs may be as large as the table: 20,000
 * clients behind one NAT get in, until others come. Those that began with a ticket give way only where full exchanges hold no more than a
 * quarter of the table; they cannot be driven out of the rest.
 *
 * @module
 */
import { SpiMap } from "../ike_sa/spi_map.ts";
import { type HalfOpen, HalfOpenRoom, type Newcomer, placesOf } from "./half_open_room.ts";

/** What a half-open IKE SA began with: IKE_SA_INIT, or IKE_SESSION_RESUME. */
export type HalfOpenKind = "full exchange" | "resumption";

/** One in so many places is kept for full exchanges. All others are for resumptions, when they need them. */
const FULL_EXCHANGES_PART = 4;

export class HalfOpenTable {
  readonly #limit: number;
  readonly #fullExchanges = new HalfOpenRoom();
  readonly #resumptions = new HalfOpenRoom();
  readonly #bySpi = new SpiMap<HalfOpen>();

  /** `limit`: places, at least 1. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get count(): number {
    return this.#bySpi.size;
  }

  get resumptionCount(): number {
    return this.#resumptions.count;
  }

  /** Octets of messages that all of them keep. */
  get octets(): number {
    return this.#fullExchanges.octets + this.#resumptions.octets;
  }

  /** What all IKE_AUTH requests yet to follow on IKE_SA_INIT may cost, in Diffie-Hellman exchanges with Curve25519. */
  get costToCome(): number {
    return this.#fullExchanges.cost;
  }

  /** What the half-open IKE SA of this SPI began with; `undefined`: there is none. */
  kindOf(responderSpi: bigint): HalfOpenKind | undefined {
    const found = this.#bySpi.get(responderSpi);
    return found && (found.room === this.#resumptions ? "resumption" : "full exchange");
  }

  /** Makes room for so many octets: which IKE SAs are gone for it, and whether there is room now. All others may be busy. */
  makeRoom(octets: number, kind: HalfOpenKind): { readonly gone: readonly bigint[]; readonly isRoom: boolean } {
    const places = placesOf(octets);
    if (places > this.#limit) return { gone: [], isRoom: false };
    if (this.#places + places <= this.#limit) return ROOM;
    const gone = this.#evict(this.#limit - places, kind === "full exchange" ? places : 0);
    return { gone, isRoom: this.#places + places <= this.#limit };
  }

  add(newcomer: Newcomer, kind: HalfOpenKind, nowMs: number): void {
    const room = kind === "resumption" ? this.#resumptions : this.#fullExchanges;
    this.#bySpi.set(newcomer.responderSpi, room.add(newcomer, nowMs));
  }

  /** A message of its client's is about to be processed: until {@link keep} the IKE SA does not have to go. */
  hold(responderSpi: bigint): void {
    const found = this.#bySpi.get(responderSpi);
    if (found) found.isBusy = true;
  }

  /** The message was processed, and so many octets are kept beside the first exchange. Returns which had to go for it. */
  keep(responderSpi: bigint, octetsBeside: number): readonly bigint[] {
    const found = this.#bySpi.get(responderSpi);
    if (found === undefined) return [];
    found.isBusy = false;
    found.room.resize(found, found.firstOctets + octetsBeside);
    return this.#evict(this.#limit, 0);
  }

  /** It is no longer half-open. Returns what it was; `undefined`: there is none of this SPI, and nothing happens. */
  remove(responderSpi: bigint): HalfOpen | undefined {
    const found = this.#bySpi.take(responderSpi);
    found?.room.remove(found);
    return found;
  }

  clear(): void {
    this.#bySpi.clear();
    this.#fullExchanges.clear();
    this.#resumptions.clear();
  }

  get #places(): number {
    return this.#fullExchanges.places + this.#resumptions.places;
  }

  /** `placesWanted`: by a full exchange that comes in. */
  #evict(placesLeft: number, placesWanted: number): readonly bigint[] {
    if (this.#places <= placesLeft) return NOBODY;
    const gone: bigint[] = [];
    while (this.#places > placesLeft) {
      const next = this.#nextToGo(placesWanted);
      if (next === undefined) break;
      this.remove(next.responderSpi);
      gone.push(next.responderSpi);
    }
    return gone;
  }

  #nextToGo(placesWanted: number): HalfOpen | undefined {
    const [first, second] = (this.#fullExchanges.places + placesWanted) * FULL_EXCHANGES_PART > this.#limit
      ? [this.#fullExchanges, this.#resumptions]
      : [this.#resumptions, this.#fullExchanges];
    return first.oldestOfGreediest() ?? second.oldestOfGreediest();
  }
}

const NOBODY: readonly bigint[] = [];
/** As nearly always: there is room, and nobody has to go for it. */
const ROOM = { gone: NOBODY, isRoom: true };
