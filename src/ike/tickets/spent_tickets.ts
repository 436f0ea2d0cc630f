/**
 * Tickets that a store has just called used, revoked, or without a state: a sender that presents one over and over, from forged
 * addresses perhaps, must not have the store asked each time. No such ticket becomes good again, so nothing is lost by
 * remembering it for a while.
 *
 * @module
 */
import { LinkedQueue, Queued } from "../queues/linked_queue.ts";

const REMEMBERED_FOR_MS = 10_000;
const MAXIMUM_REMEMBERED = 4_096;

class SpentTicket extends Queued<SpentTicket> {
  readonly ticketId: string;
  readonly reason: string;
  readonly untilMs: number;

  constructor(ticketId: string, reason: string, untilMs: number) {
    super();
    this.ticketId = ticketId;
    this.reason = reason;
    this.untilMs = untilMs;
  }
}

export class SpentTickets {
  readonly #byId = new Map<string, SpentTicket>();
  /** In the order in which they are forgotten. */
  readonly #queue = new LinkedQueue<SpentTicket>();

  /** Why a ticket is refused, if that is known. */
  reasonOf(ticketId: string, nowMs: number): string | undefined {
    const spent = this.#byId.size === 0 ? undefined : this.#byId.get(ticketId);
    return spent && spent.untilMs > nowMs ? spent.reason : undefined;
  }

  add(ticketId: string, reason: string, nowMs: number): void {
    for (let first = this.#queue.first; first; first = this.#queue.first) {
      if (first.untilMs > nowMs && this.#byId.size < MAXIMUM_REMEMBERED) break;
      this.#queue.remove(first);
      this.#byId.delete(first.ticketId);
    }
    if (this.#byId.has(ticketId)) return;
    const spent = new SpentTicket(ticketId, reason, nowMs + REMEMBERED_FOR_MS);
    this.#byId.set(ticketId, spent);
    this.#queue.push(spent);
  }
}
