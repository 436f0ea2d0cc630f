/**
 * One attempt of a client to come up, watched until all is there that it wants: IKE SA, Child SA, and the next ticket if it is to have one.
 *
 * @module
 */
import type { Effect } from "../../ike/states/effect.ts";
import type { ClientTicket } from "../../ticket/client_ticket.ts";
import type { Arrived } from "./arrivals.ts";
import type { Failure } from "./load_outcome.ts";

/** The same for all attempts of a client. */
export interface ComingUpOptions {
  readonly ticketExpected: boolean;
  /** What has come to the client's sockets, also for others that share them: it goes on counting. */
  readonly arrived: Arrived;
  /** Takes the ticket by which the client comes back next time. */
  readonly keep: (ticket: ClientTicket) => void;
  /** Told how it came out; only the first word counts. `undefined`: well. */
  readonly ended: (failure: Failure | undefined) => void;
}

const TICKET_WORDS = {
  nack: "the gateway answered TICKET_NACK",
  "no-answer": "the gateway did not answer IKE_SESSION_RESUME",
  refused: "the gateway refused the resumption after it had taken the ticket",
} as const;

/** Why a client's state machine drops the answer of a gateway that sends it elsewhere, where it does not follow. */
const NOT_FOLLOWED = "redirect-not-followed";

/** Why it drops answers that no gateway gives. */
const USELESS = /^(malformed|not-offered|nonce-too-short|public-value)/;

export class ComingUp {
  readonly #isResumption: boolean;
  readonly #options: ComingUpOptions;
  readonly #arrivedBefore: number;
  readonly #garbageBefore: number;
  #isUp = false;
  #hasChild = false;
  #hasTicket = false;
  /** Why the latest message of the gateway was of no use. */
  #dropped: string | undefined;

  /** @param isResumption By a ticket: a full exchange in its place would not be what was asked for. */
  constructor(isResumption: boolean, options: ComingUpOptions) {
    this.#isResumption = isResumption;
    this.#options = options;
    this.#arrivedBefore = options.arrived.all;
    this.#garbageBefore = options.arrived.garbage;
  }

  take(effect: Effect): void {
    const { ticketExpected, keep, ended } = this.#options;
    switch (effect.type) {
      case "ike-sa-up":
        this.#isUp = true;
        break;
      case "child-sa-up":
        this.#hasChild = true;
        break;
      case "ticket-received":
        keep(effect.ticket);
        this.#hasTicket = true;
        break;
      case "resumption-failed":
        if (this.#isResumption) ended(this.#noUse(effect.reason));
        return;
      case "ticket-not-granted":
        if (ticketExpected) ended({ kind: "no-ticket", detail: `the gateway answered ${effect.answer}` });
        break;
      case "child-sa-failed":
        return ended({ kind: "no-child-sa", detail: `notify ${effect.notifyType}` });
      case "redirected":
        return ended({ kind: "redirected", detail: `to ${effect.to}` });
      case "dropped":
        this.#dropped = effect.reason;
        return;
      case "ike-sa-down":
        return ended(
          effect.reason === "no-answer"
            ? this.#unanswered("no-answer", "no IKE SA came of it")
            : { kind: effect.reason, detail: "no IKE SA came of it" },
        );
    }
    if (this.#isUp && this.#hasChild && (this.#hasTicket || !ticketExpected)) ended(undefined);
  }

  #noUse(reason: keyof typeof TICKET_WORDS): Failure {
    const kind = `ticket-${reason}`;
    return reason === "no-answer" ? this.#unanswered(kind, TICKET_WORDS[reason]) : { kind, detail: TICKET_WORDS[reason] };
  }

  /** Tells a gateway that says nothing from one that sends clients elsewhere, and from one that says what no client takes for an answer. */
  #unanswered(kind: string, detail: string): Failure {
    const dropped = this.#dropped;
    if (dropped === NOT_FOLLOWED) {
      return { kind: "redirected", detail: "the gateway sends clients elsewhere, and these do not follow" };
    }
    const { arrived } = this.#options;
    const all = arrived.all - this.#arrivedBefore;
    const garbage = arrived.garbage - this.#garbageBefore;
    const words = [
      detail,
      ...(all > 0 ? [`${all} datagrams came to its sockets meanwhile, ${garbage} of them no messages of a gateway`] : []),
      ...(dropped !== undefined ? [`the latest answer was dropped: ${dropped}`] : []),
    ];
    const isGarbage = garbage > 0 || dropped !== undefined && USELESS.test(dropped);
    return { kind: isGarbage ? "garbage-answer" : kind, detail: words.join("; ") };
  }
}
