/**
 * The Invalid Ticket List in constant space (RFC 5723, section 9.8): tickets that were taken back, until they would have expired.
 *
 * What an error costs: a false positive makes one client, whose ticket is good, take a full exchange. It gets a new ticket
 * there. A false negative lets in a ticket that its owner or an administrator took back, until it expires or is used. This list
 * has no false negatives while its process runs and its clock does not jump ahead; a restart forgets it, a shared store does
 * not.
 *
 * @module
 */
import { BloomFilter, bloomParameters } from "./bloom_filter.ts";
import type { Revocation, RevocationStore } from "./revocation_store.ts";
import type { TicketName } from "./ticket_name.ts";

/** Which list a gateway keeps. */
export type RevocationChoice = "exact" | "off" | { readonly bloom: BloomChoice };

/** How a pair of Bloom filters is laid out. */
export interface BloomChoice {
  /** Tickets that are revoked in one ticket lifetime, 1 to 10,000,000. With more of them the false-positive rate rises, and nothing else. */
  readonly expected: number;
  /** Chance that a good ticket is refused, 0.000001 to 0.1. */
  readonly falsePositiveRate: number;
}

const MOST_EXPECTED = 10_000_000;
const LEAST_RATE = 1e-6;
const HIGHEST_RATE = 0.1;

/**
 * Two Bloom filters: one for tickets that expire in the present period, one for those of the next. A period is one ticket lifetime, so
 * that every ticket expires in one of the two; when it ends, its filter is emptied and becomes the one of the period after next. Memory
 * is the same at all times, whatever clients do: 2 × expected × ln(2 / rate) / ln²2 bits, which is 1.9 MiB for 500,000 tickets and 0.1 %.
 *
 * A clock that jumps ahead by more than a lifetime empties both filters. If it is then set back, the tickets that they held may
 * be presented again. A clock that is set back alone forgets nothing.
 */
export class BloomInvalidTicketList implements RevocationStore {
  readonly #lifetimeSeconds: number;
  readonly #nowEpochSeconds: () => number;
  #period: number;
  #present: BloomFilter;
  #next: BloomFilter;

  /** @throws {RangeError} a parameter is out of range. */
  constructor(
    { expected, falsePositiveRate, lifetimeSeconds }: BloomChoice & { readonly lifetimeSeconds: number },
    nowEpochSeconds: () => number,
  ) {
    if (!Number.isInteger(expected) || expected < 1 || expected > MOST_EXPECTED) {
      throw new RangeError(
        `invalid ticket list: expected is ${expected}, allowed is a whole number from 1 to ${MOST_EXPECTED}`,
      );
    }
    if (!(falsePositiveRate >= LEAST_RATE && falsePositiveRate <= HIGHEST_RATE)) {
      throw new RangeError(
        `invalid ticket list: falsePositiveRate is ${falsePositiveRate}, allowed is a number from ${LEAST_RATE} to ${HIGHEST_RATE}`,
      );
    }
    if (!(lifetimeSeconds >= 1)) {
      throw new RangeError(`invalid ticket list: lifetimeSeconds is ${lifetimeSeconds}, allowed is a number from 1 on`);
    }
    // Both filters are asked, so each may err half as often.
    const parameters = bloomParameters(expected, falsePositiveRate / 2);
    this.#lifetimeSeconds = lifetimeSeconds;
    this.#nowEpochSeconds = nowEpochSeconds;
    this.#period = this.#periodOf(nowEpochSeconds());
    this.#present = new BloomFilter(parameters);
    this.#next = new BloomFilter(parameters);
  }

  /** The chance that a ticket which was never revoked is refused, by how full the filters are now. */
  get falsePositiveRate(): number {
    return 1 - (1 - this.#present.falsePositiveRate) * (1 - this.#next.falsePositiveRate);
  }

  /**
   * Revokes tickets. One whose expiry nobody knows is remembered for a lifetime at least.
   *
   * @throws {RangeError} a ticket is known to expire later than a lifetime from now allows: the list would forget it too early.
   */
  add(batch: readonly Revocation[]): void {
    this.#turnOver();
    for (const { ticketId, expiresAtEpochSeconds, isExpiryUnknown } of batch) {
      const ahead = isExpiryUnknown ? 1 : this.#periodOf(expiresAtEpochSeconds) - this.#period;
      if (ahead > 1) {
        throw new RangeError(
          `invalid ticket list: a ticket expires at ${expiresAtEpochSeconds}, later than the list remembers: ` +
            `its lifetime is ${this.#lifetimeSeconds} seconds`,
        );
      }
      (ahead === 1 ? this.#next : this.#present).add(ticketId);
    }
  }

  /** By the name of each ticket: a series is not looked at, since each of its tickets was revoked by its own name. */
  has(batch: readonly TicketName[]): boolean[] {
    this.#turnOver();
    return batch.map(({ ticketId }) => this.#present.has(ticketId) || this.#next.has(ticketId));
  }

  /** Turns the filters ahead, never back: a clock that was set back must not empty what is still needed. */
  #turnOver(): void {
    const ahead = this.#periodOf(this.#nowEpochSeconds()) - this.#period;
    if (ahead < 1) return;
    this.#period += ahead;
    const emptied = this.#present;
    emptied.clear();
    this.#present = this.#next;
    this.#next = emptied;
    if (ahead > 1) this.#present.clear();
  }

  #periodOf(epochSeconds: number): number {
    return Math.floor(epochSeconds / this.#lifetimeSeconds);
  }
}
