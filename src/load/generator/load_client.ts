/**
 * One client of a load: comes up with or without a ticket, vanishes without a word or says so, rekeys; and tells how each came out.
 *
 * @module
 */
import type { DrivenInitiator } from "../../client/initiator_driver.ts";
import type { Effect } from "../../ike/states/effect.ts";
import type { ClientTicket } from "../../ticket/client_ticket.ts";
import type { FleetMember, FleetSockets } from "../fleet_sockets.ts";
import type { Failure, LoadOutcome, Operation } from "./load_outcome.ts";

/** Whether an attempt has to end with a ticket, and with a Child SA. */
export interface Expectations {
  readonly ticket: boolean;
}

export class LoadClient {
  readonly member: FleetMember;
  readonly #sockets: FleetSockets;
  readonly #expects: Expectations;
  #driven: DrivenInitiator | undefined;
  #ticket: ClientTicket | undefined;
  #isUp = false;
  #take: (effect: Effect) => void = () => {};
  #endOperation: (failure: Failure) => void = () => {};

  constructor(member: FleetMember, sockets: FleetSockets, expects: Expectations) {
    this.member = member;
    this.#sockets = sockets;
    this.#expects = expects;
  }

  get hasTicket(): boolean {
    return this.#ticket !== undefined;
  }

  /** Its last attempt came out well, and it has not left since. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Comes up: by its ticket if it has one and may use it, else by a full exchange. What was up before is forgotten without a word. */
  async comeUp(mayResume: boolean): Promise<LoadOutcome> {
    this.vanish();
    const ticket = mayResume ? this.#ticket : undefined;
    this.#ticket = undefined;
    const operation: Operation = ticket ? "resumption" : "full";
    const received = () => this.member.transport.counters?.received ?? 0;
    const before = received();
    const ended = (failure: Failure | undefined) =>
      failure?.kind === "no-answer" ? withHeard(failure, received() - before) : failure;
    const failure = await this.#run((done) => {
      const tell = (how: Failure | undefined) => done(ended(how));
      const attempt = new ComingUp(operation === "resumption", this.#expects, tell, (next) => this.#ticket = next);
      this.#take = (effect) => attempt.take(effect);
      const initiator = this.#sockets.initiatorOf(this.member, ticket);
      this.#driven = this.#sockets.start(initiator, this.member, (effect) => this.#take(effect));
    });
    if (failure) this.vanish();
    else this.#isUp = this.#driven !== undefined;
    return outcomeOf(operation, failure);
  }

  /** Rekeys its IKE SA. */
  async rekey(): Promise<LoadOutcome> {
    const driven = this.#driven;
    if (driven === undefined) return outcomeOf("rekey", { kind: "not-up", detail: "the IKE SA had ended" });
    const failure = await this.#run((done) => {
      this.#take = (effect) => {
        if (effect.type === "ike-sa-rekeyed") done(undefined);
        else if (effect.type === "ike-sa-rekey-failed") done({ kind: "rekey-refused", detail: `notify ${effect.notifyType}` });
        else if (effect.type === "ike-sa-down") done({ kind: effect.reason, detail: "the IKE SA ended" });
        else if (effect.type === "ticket-received") this.#ticket = effect.ticket;
      };
      this.#sockets.act(driven, { type: "rekey" });
    });
    if (failure) this.vanish();
    return outcomeOf("rekey", failure);
  }

  /** Goes on from other sockets, which have another port or another address (MOBIKE, RFC 4555). */
  async roam(): Promise<LoadOutcome> {
    const driven = this.#driven;
    if (driven === undefined) return outcomeOf("move", { kind: "not-up", detail: "the IKE SA had ended" });
    if (!driven.initiator.isMobile) {
      return outcomeOf("move", { kind: "no-mobike", detail: "the gateway did not agree to MOBIKE" });
    }
    const failure = await this.#run((done) => {
      this.#take = (effect) => {
        if (effect.type === "addresses-updated") done(undefined);
        else if (effect.type === "address-update-refused") {
          done({ kind: "move-refused", detail: `notify ${effect.notifyType}` });
        } else if (effect.type === "ike-sa-down") done({ kind: effect.reason, detail: "the IKE SA ended" });
        else if (effect.type === "ticket-received") this.#ticket = effect.ticket;
      };
      this.#sockets.move(driven);
    });
    if (failure) this.vanish();
    return outcomeOf("move", failure);
  }

  /** Asks whether the gateway lives: `false` once it has not answered. */
  async isAnswered(): Promise<boolean> {
    const driven = this.#driven;
    if (driven === undefined) return false;
    const failure = await this.#run((done) => {
      this.#take = (effect) => {
        if (effect.type === "peer-alive") done(undefined);
        else if (effect.type === "ike-sa-down") done({ kind: effect.reason, detail: "" });
        else if (effect.type === "ticket-received") this.#ticket = effect.ticket;
      };
      this.#sockets.act(driven, { type: "check-liveness" });
    });
    return failure === undefined;
  }

  /** Says DELETE and waits for its answer, as long as retransmission goes on. Its ticket ends with its IKE SA (RFC 5723, section 4.3.4). */
  async leave(): Promise<void> {
    const driven = this.#driven;
    if (driven === undefined) return;
    await this.#run((done) => {
      this.#take = (effect) => {
        if (effect.type === "ike-sa-down") done(undefined);
      };
      this.#sockets.act(driven, { type: "close" });
    });
    this.vanish();
    this.#ticket = undefined;
  }

  /** Forgets its IKE SA without a word, as one that lost its network. Its ticket stays. */
  vanish(): void {
    if (this.#driven === undefined) return;
    const driven = this.#driven;
    this.#driven = undefined;
    this.#isUp = false;
    this.#take = keepTicket;
    // Not within a step of its own.
    queueMicrotask(() => this.#sockets.release(driven));
  }

  /** Whatever it is about ends now. */
  interrupt(): void {
    this.#endOperation({ kind: "interrupted", detail: "the load was ended" });
  }

  #run(begin: (done: (failure: Failure | undefined) => void) => void): Promise<Failure | undefined> {
    return new Promise((resolve) => {
      this.#endOperation = resolve;
      begin(resolve);
    });
  }
}

function keepTicket(): void {}

/** Tells a gateway that is not there from one that says what clients cannot take for an answer. Others may share the sockets. */
function withHeard({ kind, detail }: Failure, datagrams: number): Failure {
  return { kind, detail: datagrams === 0 ? detail : `${detail}; ${datagrams} datagrams came to its sockets meanwhile` };
}

function outcomeOf(operation: Operation, failure: Failure | undefined): LoadOutcome {
  return failure ? { ok: false, operation, failure } : { ok: true, operation };
}

/** Watches until all is there that a client wants: IKE SA, Child SA, and the next ticket if it is to have one. */
class ComingUp {
  readonly #isResumption: boolean;
  readonly #expects: Expectations;
  readonly #done: (failure: Failure | undefined) => void;
  readonly #keep: (ticket: ClientTicket) => void;
  #isUp = false;
  #hasChild = false;
  #hasTicket = false;
  /** Why the latest message of the gateway was of no use. */
  #dropped: string | undefined;

  constructor(
    isResumption: boolean,
    expects: Expectations,
    done: (failure: Failure | undefined) => void,
    keep: (ticket: ClientTicket) => void,
  ) {
    this.#isResumption = isResumption;
    this.#expects = expects;
    this.#done = done;
    this.#keep = keep;
  }

  take(effect: Effect): void {
    switch (effect.type) {
      case "ike-sa-up":
        this.#isUp = true;
        break;
      case "child-sa-up":
        this.#hasChild = true;
        break;
      case "ticket-received":
        this.#keep(effect.ticket);
        this.#hasTicket = true;
        break;
      // A full exchange would follow, and is not what was asked for.
      case "resumption-failed":
        if (this.#isResumption) this.#done({ kind: `ticket-${effect.reason}`, detail: TICKET_WORDS[effect.reason] });
        return;
      case "ticket-not-granted":
        if (this.#expects.ticket) this.#done({ kind: "no-ticket", detail: `the gateway answered ${effect.answer}` });
        break;
      case "child-sa-failed":
        return this.#done({ kind: "no-child-sa", detail: `notify ${effect.notifyType}` });
      case "redirected":
        return this.#done({ kind: "redirected", detail: `to ${effect.to}` });
      case "dropped":
        this.#dropped = effect.reason;
        return;
      case "ike-sa-down": {
        const dropped = this.#dropped === undefined ? "" : `; the latest answer was dropped: ${this.#dropped}`;
        return this.#done({ kind: effect.reason, detail: `no IKE SA came of it${dropped}` });
      }
    }
    if (this.#isUp && this.#hasChild && (this.#hasTicket || !this.#expects.ticket)) this.#done(undefined);
  }
}

const TICKET_WORDS = {
  nack: "the gateway answered TICKET_NACK",
  "no-answer": "the gateway did not answer IKE_SESSION_RESUME",
  refused: "the gateway refused the resumption after it had taken the ticket",
} as const;
