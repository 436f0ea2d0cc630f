/**
 * Clients that present copies of tickets, and tell how each attempt ended: for tests of what a ticket is good for, and how often.
 *
 * @module
 */
import type { DrivenInitiator } from "../client/initiator_driver.ts";
import type { Initiator } from "../ike/initiator.ts";
import type { Effect } from "../ike/states/effect.ts";
import { type ClientTicket, copyOfTicket } from "../ticket/client_ticket.ts";
import { type FleetMember, type FleetOptions, FleetSockets } from "./fleet_sockets.ts";

/** How one attempt ended. */
export type Presented =
  /** With an IKE SA; `ticket`: the next one, if the gateway gave any. */
  | { readonly end: "up"; readonly resumed: boolean; readonly ticket?: ClientTicket }
  /** The ticket was of no use: `nack`, `no-answer` or `refused`. No full exchange was made in its place. */
  | { readonly end: "refused"; readonly reason: string }
  /** No IKE SA came of it. */
  | { readonly end: "down"; readonly reason: string }
  /** {@link TicketHolders.interrupt} ended it. `authSent`: IKE_AUTH was under way, so that the ticket may have been claimed. */
  | { readonly end: "interrupted"; readonly authSent: boolean };

interface Holder {
  readonly member: FleetMember;
  /** The initiator of its IKE SA that is up: kept until it is replaced, as a client would. */
  up?: DrivenInitiator;
}

export class TicketHolders {
  readonly #sockets: FleetSockets;
  readonly #holders: Holder[] = [];
  readonly #underWay = new Set<Attempt>();

  static async open(options: FleetOptions): Promise<TicketHolders> {
    const holders = new TicketHolders(options);
    for (const member of await holders.#sockets.open()) holders.#holders.push({ member });
    return holders;
  }

  private constructor(options: FleetOptions) {
    this.#sockets = new FleetSockets(options, (fault) => this.#fail(fault));
  }

  /**
   * Presents a copy of a ticket; without one, makes a full exchange.
   *
   * @param ikeSa `"instead"`: the client's IKE SA, if any, is forgotten without a word. `"beside"`: it stays; one that comes of this
   *   attempt is forgotten.
   * @returns how it ended: never before either the next ticket is there or all is over.
   * @throws what the clients' own cryptography or state machine threw: a programmer's error.
   */
  present(client: number, ticket: ClientTicket | undefined, ikeSa: "instead" | "beside" = "instead"): Promise<Presented> {
    const holder = this.#holders[client];
    if (ikeSa === "instead" && holder.up !== undefined) {
      this.#sockets.release(holder.up);
      holder.up = undefined;
    }
    const initiator = this.#sockets.initiatorOf(holder.member, ticket && copyOfTicket(ticket));
    return new Promise((resolve, reject) => {
      const settle = (outcome: Presented) => {
        this.#underWay.delete(attempt);
        if (ikeSa === "instead" && outcome.end === "up") holder.up = driven;
        // Not within a step of its own.
        else queueMicrotask(() => this.#sockets.release(driven));
        resolve(outcome);
      };
      const attempt = new Attempt(initiator, settle, reject);
      this.#underWay.add(attempt);
      const driven = this.#sockets.start(initiator, holder.member, (effect) => attempt.take(effect));
    });
  }

  /** Ends every attempt that is under way, as a client would that finds its gateway gone. */
  interrupt(): void {
    for (const attempt of this.#underWay) attempt.interrupt();
  }

  /** Closes the sockets. Peers are not told. */
  close(): Promise<void> {
    return this.#sockets.close();
  }

  #fail(fault: unknown): void {
    for (const attempt of this.#underWay) attempt.fail(fault);
  }
}

class Attempt {
  readonly #initiator: Initiator;
  readonly #settle: (outcome: Presented) => void;
  readonly fail: (fault: unknown) => void;
  #up: { readonly resumed: boolean } | undefined;
  #ended = false;

  constructor(initiator: Initiator, settle: (outcome: Presented) => void, fail: (fault: unknown) => void) {
    this.#initiator = initiator;
    this.#settle = settle;
    this.fail = fail;
  }

  take(effect: Effect): void {
    switch (effect.type) {
      case "ike-sa-up":
        this.#up = { resumed: effect.resumed };
        break;
      case "ticket-received":
        return this.#end({ end: "up", resumed: this.#up?.resumed ?? false, ticket: effect.ticket });
      case "ticket-not-granted":
        return this.#end({ end: "up", resumed: this.#up?.resumed ?? false });
      case "resumption-failed":
        return this.#end({ end: "refused", reason: effect.reason });
      case "ike-sa-down":
        return this.#end({ end: "down", reason: effect.reason });
    }
  }

  interrupt(): void {
    this.#end({ end: "interrupted", authSent: this.#initiator.waitsFor === "IKE_AUTH response" });
  }

  #end(outcome: Presented): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#settle(outcome);
  }
}
