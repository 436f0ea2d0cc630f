/**
 * One client of a load: comes up with or without a ticket, vanishes without a word or says so, rekeys; and tells how each came out. Thousands of
 * them do so thousands of times a second: what is over is told to a function, since a promise for each would cost as much as all the rest of it.
 *
 * @module
 */
import type { DrivenInitiator } from "../../client/initiator_driver.ts";
import type { Effect } from "../../ike/states/effect.ts";
import type { ClientTicket } from "../../ticket/client_ticket.ts";
import type { FleetMember, FleetSockets } from "../fleet_sockets.ts";
import type { Arrivals } from "./arrivals.ts";
import { ComingUp, type ComingUpOptions } from "./coming_up.ts";
import type { Failure, LoadOutcome, Operation } from "./load_outcome.ts";

/** Whether an attempt has to end with a ticket, and with a Child SA. */
export interface Expectations {
  readonly ticket: boolean;
}

/** An initiator of a client's, and who is told of its effects at present. */
interface Connection {
  readonly driven: DrivenInitiator;
  listener: EffectTaker;
}

const NOT_UP: Failure = { kind: "not-up", detail: "the IKE SA had ended" };
const NO_MOBIKE: Failure = { kind: "no-mobike", detail: "the gateway did not agree to MOBIKE" };

type EffectTaker = (effect: Effect) => void;
/** Told once how it came out: `undefined` is well. */
type Ended = (failure: Failure | undefined) => void;

export class LoadClient {
  readonly member: FleetMember;
  readonly #sockets: FleetSockets;
  readonly #comingUp: ComingUpOptions;
  #connection: Connection | undefined;
  #ticket: ClientTicket | undefined;
  #isUp = false;
  /** Of what it is about. */
  #ended: Ended | undefined;
  /** Listens where nothing is asked for. */
  readonly #whileUp: EffectTaker = (effect) => this.#takeWhileUp(effect);

  constructor(member: FleetMember, sockets: FleetSockets, arrivals: Arrivals, expects: Expectations) {
    this.member = member;
    this.#sockets = sockets;
    this.#comingUp = {
      ticketExpected: expects.ticket,
      arrived: arrivals.at(member.transport),
      keep: (ticket) => this.#ticket = ticket,
      ended: (failure) => this.#end(failure),
    };
  }

  get hasTicket(): boolean {
    return this.#ticket !== undefined;
  }

  /** Its last attempt came out well, and it has not left since. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Comes up: by its ticket if it has one and may use it, else by a full exchange. What was up before is forgotten without a word. */
  comeUp(mayResume: boolean, told: (outcome: LoadOutcome) => void): void {
    this.vanish();
    const ticket = mayResume ? this.#ticket : undefined;
    this.#ticket = undefined;
    const operation: Operation = ticket ? "resumption" : "full";
    this.#ended = (failure) => {
      if (failure) this.vanish();
      else if (this.#connection) {
        this.#isUp = true;
        this.#connection.listener = this.#whileUp;
      }
      told(outcomeOf(operation, failure));
    };
    const attempt = new ComingUp(ticket !== undefined, this.#comingUp);
    const initiator = this.#sockets.initiatorOf(this.member, ticket);
    const connection: Connection = {
      driven: this.#sockets.start(initiator, this.member, (effect) => connection.listener(effect)),
      listener: (effect) => attempt.take(effect),
    };
    this.#connection = connection;
  }

  /** Rekeys its IKE SA. */
  rekey(told: (outcome: LoadOutcome) => void): void {
    const connection = this.#connection;
    if (connection === undefined) return later(() => told(outcomeOf("rekey", NOT_UP)));
    this.#askOn(connection, (failure) => told(outcomeOf("rekey", failure)), (effect) => {
      if (effect.type === "ike-sa-rekeyed") this.#end(undefined);
      else if (effect.type === "ike-sa-rekey-failed") {
        this.#end({ kind: "rekey-refused", detail: `notify ${effect.notifyType}` });
      }
    });
    this.#sockets.act(connection.driven, { type: "rekey" });
  }

  /** Goes on from other sockets, which have another port or another address (MOBIKE, RFC 4555). */
  roam(told: (outcome: LoadOutcome) => void): void {
    const connection = this.#connection;
    if (connection === undefined) return later(() => told(outcomeOf("move", NOT_UP)));
    if (!connection.driven.initiator.isMobile) return later(() => told(outcomeOf("move", NO_MOBIKE)));
    this.#askOn(connection, (failure) => told(outcomeOf("move", failure)), (effect) => {
      if (effect.type === "addresses-updated") this.#end(undefined);
      else if (effect.type === "address-update-refused") {
        this.#end({ kind: "move-refused", detail: `notify ${effect.notifyType}` });
      }
    });
    this.#sockets.move(connection.driven);
  }

  /** Asks whether the gateway lives: `false` once it has not answered. The client stays as it is. */
  checkLiveness(told: (isAnswered: boolean) => void): void {
    const connection = this.#connection;
    if (connection === undefined) return later(() => told(false));
    this.#ended = (failure) => told(failure === undefined);
    connection.listener = (effect) => {
      if (effect.type === "peer-alive") this.#end(undefined);
      else this.#takeWhileUp(effect);
    };
    this.#sockets.act(connection.driven, { type: "check-liveness" });
  }

  /** Says DELETE and waits for its answer, as long as retransmission goes on. Its ticket ends with its IKE SA (RFC 5723, section 4.3.4). */
  leave(told: () => void): void {
    const connection = this.#connection;
    if (connection === undefined) return later(told);
    this.#ended = () => {
      this.vanish();
      this.#ticket = undefined;
      told();
    };
    connection.listener = (effect) => {
      if (effect.type === "ike-sa-down") this.#end(undefined);
    };
    this.#sockets.act(connection.driven, { type: "close" });
  }

  /** Forgets its IKE SA without a word, as one that lost its network. Its ticket stays. */
  vanish(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#connection = undefined;
    this.#isUp = false;
    connection.listener = ignore;
    // Not within a step of its own.
    queueMicrotask(() => this.#sockets.release(connection.driven));
  }

  /** Whatever it is about ends now. */
  interrupt(): void {
    this.#end({ kind: "interrupted", detail: "the load was ended" });
  }

  /** What is about to be asked for may end by `take`, and ends where the IKE SA does. A client that failed at it is not up any more. */
  #askOn(connection: Connection, ended: Ended, take: EffectTaker): void {
    this.#ended = (failure) => {
      if (failure) this.vanish();
      ended(failure);
    };
    connection.listener = (effect) => {
      take(effect);
      this.#takeWhileUp(effect);
    };
  }

  #takeWhileUp(effect: Effect): void {
    if (effect.type === "ticket-received") this.#ticket = effect.ticket;
    if (effect.type !== "ike-sa-down") return;
    // A ticket ends with its IKE SA (RFC 5723, section 4.3.4), unless the gateway may just be away.
    if (effect.reason !== "no-answer") this.#ticket = undefined;
    // Where nothing was asked for nobody is told: the next turn finds that the client is not up.
    if (this.#ended === undefined) this.vanish();
    else this.#end({ kind: effect.reason, detail: "the IKE SA ended" });
  }

  /** The first word counts. */
  #end(failure: Failure | undefined): void {
    const ended = this.#ended;
    this.#ended = undefined;
    ended?.(failure);
  }
}

function ignore(): void {}

/** Whoever begins again at once, and fails at once, must not keep the process from all else. */
function later(told: () => void): void {
  setImmediate(told);
}

function outcomeOf(operation: Operation, failure: Failure | undefined): LoadOutcome {
  return failure ? { ok: false, operation, failure } : { ok: true, operation };
}
