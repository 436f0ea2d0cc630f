/**
 * The state of a session, as the effects of its initiator add up to it.
 *
 * @module
 */
import type { ChildSa } from "../ike/child_sa/child_sa.ts";
import type { InnerAddress } from "../ike/policy/inner_address.ts";
import type { DownReason, Effect } from "../ike/states/effect.ts";
import { type ClientTicket, concealed } from "../ticket/client_ticket.ts";
import type { ActiveSession } from "./active_sessions.ts";
import { ConnectionError } from "./connection_error.ts";
import { SessionChildSas } from "./session_child_sas.ts";
import type { StoredTicket } from "./stored_ticket.ts";

type IkeSaUp = Extract<Effect, { type: "ike-sa-up" }>;

export class SessionState implements ActiveSession {
  #up: IkeSaUp | undefined;
  readonly #childSas = new SessionChildSas();
  #innerAddress: InnerAddress | undefined;
  #ticket: ClientTicket | undefined;
  #down = false;
  #livenessAnswers: ((alive: boolean) => void)[] = [];
  #rekeyAnswers: ((rekeyed: boolean) => void)[] = [];
  #moveAnswers: ((rekeyed: boolean) => void)[] = [];
  #ticketAnswers: ((ticket: ClientTicket | undefined) => void)[] = [];
  readonly #connected = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<DownReason>();
  readonly #onEnd: (reason: DownReason, isTold: boolean) => void | Promise<void>;
  #cleanedUp: Promise<void> = Promise.resolve();
  #release: () => void = () => {};
  /** The ticket in the ticket store, if there is one. */
  readonly stored: StoredTicket | undefined;
  #redirectedTo: string | undefined;
  readonly #childless: boolean;

  /**
   * @param childless it is connected without a Child SA.
   * @param onEnd called once, when the IKE SA is gone or was never made; `closed` waits for what it returns. `isTold`: by an effect.
   */
  constructor(onEnd: (reason: DownReason, isTold: boolean) => void | Promise<void>, stored?: StoredTicket, childless = false) {
    this.#childless = childless;
    this.#onEnd = onEnd;
    // Whoever waits for it gets the rejection.
    this.#connected.promise.catch(() => {});
    this.stored = stored;
  }

  /** Sets how its initiator is released: at the end, or at once where that has come already. */
  drivenBy(release: () => void): void {
    if (this.#down) release();
    else this.#release = release;
  }

  /** Resolves when IKE SA and Child SA are up; rejects with a {@link ConnectionError} when one of them cannot be. */
  get connected(): Promise<void> {
    return this.#connected.promise;
  }

  /** Resolves when nothing is left of the session: the store knows, and sockets of its own are closed. */
  get closed(): Promise<DownReason> {
    return this.#closed.promise.then(async (reason) => {
      await this.stored?.settled;
      await this.#cleanedUp;
      return reason;
    });
  }

  get up(): IkeSaUp {
    if (this.#up === undefined) throw new Error("session: asked before it is connected");
    return this.#up;
  }

  get childSa(): ChildSa {
    const { main } = this.#childSas;
    if (main === undefined) throw new Error("session: asked for a Child SA where there is none");
    return main;
  }

  get childSas(): readonly ChildSa[] {
    return this.#childSas.inUse;
  }

  /** The number of a request for a Child SA, and what comes of it. */
  nextChildSa(): { readonly request: number; readonly answer: Promise<ChildSa | undefined> } {
    return this.#childSas.next();
  }

  get innerAddress(): InnerAddress | undefined {
    return this.#innerAddress;
  }

  get ticket(): ClientTicket | undefined {
    return this.#ticket;
  }

  get down(): boolean {
    return this.#down;
  }

  nextLivenessAnswer(): Promise<boolean> {
    return new Promise((resolve) => this.#livenessAnswers.push(resolve));
  }

  nextRekeyAnswer(): Promise<boolean> {
    return new Promise((resolve) => this.#rekeyAnswers.push(resolve));
  }

  nextMoveAnswer(): Promise<boolean> {
    return new Promise((resolve) => this.#moveAnswers.push(resolve));
  }

  answerMove(moved: boolean): void {
    for (const resolve of this.#moveAnswers.splice(0)) resolve(moved);
  }

  nextTicketAnswer(): Promise<ClientTicket | undefined> {
    return new Promise((resolve) => this.#ticketAnswers.push(resolve));
  }

  take(effect: Effect): void {
    this.#childSas.take(effect);
    switch (effect.type) {
      case "ike-sa-up":
        this.#up = effect;
        if (this.#childless) this.#connected.resolve();
        break;
      case "inner-address-assigned": {
        const { type: _, spis: __, ...innerAddress } = effect;
        this.#innerAddress = innerAddress;
        break;
      }
      case "child-sa-up":
        this.#connected.resolve();
        break;
      case "child-sa-failed":
        this.#connected.reject(
          new ConnectionError("child-sa-failed", `the gateway made no Child SA: notify ${effect.notifyType}`),
        );
        break;
      case "ticket-received":
        this.#ticket = concealed(effect.ticket);
        this.#answerTicket(this.#ticket);
        break;
      case "ticket-invalidated":
        this.#ticket = undefined;
        break;
      case "ticket-not-granted":
        this.#answerTicket(undefined);
        break;
      case "ike-sa-rekeyed":
        this.#up = this.#up && { ...this.#up, spis: effect.newSpis };
        this.#answerRekey(true);
        break;
      case "ike-sa-rekey-failed":
        this.#answerRekey(false);
        break;
      case "redirected":
        this.#redirectedTo = effect.to;
        break;
      case "addresses-updated":
        this.answerMove(true);
        break;
      case "address-update-refused":
        this.answerMove(false);
        break;
      case "peer-alive":
        this.#answerLiveness(true);
        break;
      case "ike-sa-down":
        this.end(effect.reason, true);
        break;
    }
  }

  supersede(): void {
    this.end("replaced-by-resumption");
  }

  end(reason: DownReason, isTold: boolean = false): void {
    if (this.#down) return;
    this.#down = true;
    this.#ticket = undefined;
    if (this.#childSas.main === undefined) this.stored?.release();
    this.#connected.reject(
      new ConnectionError(reason, `no connection: ${reason.replaceAll("-", " ")}`, this.#redirectedTo),
    );
    this.#closed.resolve(reason);
    this.#answerLiveness(false);
    this.#answerRekey(false);
    this.answerMove(false);
    this.#answerTicket(undefined);
    this.#childSas.end();
    this.#release();
    this.#cleanedUp = Promise.resolve(this.#onEnd(reason, isTold));
    // It is waited for where it matters.
    this.#cleanedUp.catch(() => {});
  }

  #answerLiveness(alive: boolean): void {
    for (const resolve of this.#livenessAnswers.splice(0)) resolve(alive);
  }

  #answerRekey(rekeyed: boolean): void {
    for (const resolve of this.#rekeyAnswers.splice(0)) resolve(rekeyed);
  }

  #answerTicket(ticket: ClientTicket | undefined): void {
    for (const resolve of this.#ticketAnswers.splice(0)) resolve(ticket);
  }
}
