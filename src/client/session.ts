/**
 * One client's connection: an IKE SA with its first Child SA, and the ticket to come back with.
 *
 * @module
 */
import type { ChildSa } from "../ike/child_sa.ts";
import type { DownReason, Effect, SpiPair } from "../ike/effect.ts";
import type { InnerAddress } from "../ike/inner_address.ts";
import { type ClientTicket, concealed } from "../ticket/client_ticket.ts";
import type { Identity } from "../ticket/identity.ts";
import { ikeSpiDigits } from "../wire/hexadecimal.ts";
import { ConnectionError } from "./connection_error.ts";
import type { DrivenInitiator, InitiatorDriver } from "./initiator_driver.ts";
import type { StoredTicket } from "./stored_ticket.ts";

/** What is told while and after a connection is made; for logs, the `send` effects left out. */
export type SessionListener = (effect: Effect) => void;

/** An established connection. Printing it shows no secret: keys are behind accessors that `console.log` and JSON do not follow. */
export class Session {
  readonly #driver: InitiatorDriver;
  readonly #driven: DrivenInitiator;
  readonly #state: SessionState;

  /** @internal Made by `connect`. */
  constructor(driver: InitiatorDriver, driven: DrivenInitiator, state: SessionState) {
    this.#driver = driver;
    this.#driven = driven;
    this.#state = state;
  }

  /** The SPIs of the IKE SA. */
  get spis(): SpiPair {
    return this.#state.up.spis;
  }

  /** True: by IKE_SESSION_RESUME, without a Diffie-Hellman exchange. */
  get resumed(): boolean {
    return this.#state.up.resumed;
  }

  /** IDr, as the gateway proved it. */
  get peerIdentity(): Identity {
    return this.#state.up.responderId;
  }

  /** What ESP needs, keys included. */
  get childSa(): ChildSa {
    return this.#state.childSa;
  }

  /** What the gateway gave this client for use inside the tunnel: ask for it again when resuming. `undefined`: nothing. */
  get innerAddress(): InnerAddress | undefined {
    return this.#state.innerAddress;
  }

  /** The newest ticket: present it once, in the next `connect`. `undefined`: the gateway granted none, or the session is over. */
  get ticket(): ClientTicket | undefined {
    return this.#state.ticket;
  }

  /** Resolves with the reason when the IKE SA is gone, whoever ended it, and the ticket store knows of it. */
  get closed(): Promise<DownReason> {
    return this.#state.closed;
  }

  /** Asks the gateway for a sign of life (RFC 7296, section 2.4). False: it gave none, and the session is over. */
  checkLiveness(): Promise<boolean> {
    if (this.#state.down) return Promise.resolve(false);
    const answer = this.#state.nextLivenessAnswer();
    this.#driver.act(this.#driven, { type: "check-liveness" });
    return answer;
  }

  /**
   * Puts a new IKE SA with new keys in the place of this one (RFC 7296, section 2.8); the Child SA stays. False: the gateway refused, and the
   * session goes on as it was, or it is over. The ticket of the old IKE SA is worth nothing any more: `ticket` is then the new one's.
   */
  rekey(): Promise<boolean> {
    if (this.#state.down) return Promise.resolve(false);
    const answer = this.#state.nextRekeyAnswer();
    this.#driver.act(this.#driven, { type: "rekey" });
    return answer;
  }

  /** Asks for a new ticket (RFC 5723, section 4.1). `undefined`: the gateway granted none, or the session is over. */
  requestTicket(): Promise<ClientTicket | undefined> {
    if (this.#state.down) return Promise.resolve(undefined);
    const answer = this.#state.nextTicketAnswer();
    this.#driver.act(this.#driven, { type: "request-ticket" });
    return answer;
  }

  /** Deletes the IKE SA, and with it the Child SA and the ticket (RFC 5723, section 6.2). Resolves when the gateway has answered, or will not. */
  async close(): Promise<void> {
    if (!this.#state.down) this.#driver.act(this.#driven, { type: "close" });
    await this.#state.closed;
  }

  /**
   * As {@link close}, and every ticket of this identity goes from the ticket store, at whichever gateway it serves: whoever has logged out
   * cannot be resumed as (RFC 5723, section 6.2).
   */
  async logOut(): Promise<void> {
    this.#state.stored?.forgetIdentity();
    await this.close();
    await this.#state.stored?.settled;
  }

  /** Leaves without a word, as a client does that loses its network: the ticket stays good, in the ticket store too. */
  abandon(): ClientTicket | undefined {
    const { ticket } = this.#state;
    this.#state.end("deleted-by-us");
    return ticket;
  }

  /** SPIs, in hexadecimal, and how it came up: nothing secret. */
  toJSON(): { readonly initiatorSpi: string; readonly responderSpi: string; readonly resumed: boolean } {
    const { initiatorSpi, responderSpi } = this.spis;
    return {
      initiatorSpi: ikeSpiDigits(initiatorSpi),
      responderSpi: ikeSpiDigits(responderSpi),
      resumed: this.resumed,
    };
  }
}

type IkeSaUp = Extract<Effect, { type: "ike-sa-up" }>;

/** What the effects of one initiator add up to. */
export class SessionState {
  #up: IkeSaUp | undefined;
  #childSa: ChildSa | undefined;
  #innerAddress: InnerAddress | undefined;
  #ticket: ClientTicket | undefined;
  #down = false;
  #livenessAnswers: ((alive: boolean) => void)[] = [];
  #rekeyAnswers: ((rekeyed: boolean) => void)[] = [];
  #ticketAnswers: ((ticket: ClientTicket | undefined) => void)[] = [];
  readonly #connected = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<DownReason>();
  readonly #onEnd: () => void;
  /** The ticket in the ticket store, if there is one. */
  readonly stored: StoredTicket | undefined;

  /** `onEnd`: called once, when the IKE SA is gone or was never made. */
  constructor(onEnd: () => void, stored?: StoredTicket) {
    this.#onEnd = onEnd;
    this.stored = stored;
  }

  /** Resolves when IKE SA and Child SA are up; rejects with a {@link ConnectionError} when one of them cannot be. */
  get connected(): Promise<void> {
    return this.#connected.promise;
  }

  get closed(): Promise<DownReason> {
    return this.#closed.promise.then(async (reason) => {
      await this.stored?.settled;
      return reason;
    });
  }

  get up(): IkeSaUp {
    if (this.#up === undefined) throw new Error("session: asked before it is connected");
    return this.#up;
  }

  get childSa(): ChildSa {
    if (this.#childSa === undefined) throw new Error("session: asked before it is connected");
    return this.#childSa;
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

  nextTicketAnswer(): Promise<ClientTicket | undefined> {
    return new Promise((resolve) => this.#ticketAnswers.push(resolve));
  }

  take(effect: Effect): void {
    switch (effect.type) {
      case "ike-sa-up":
        this.#up = effect;
        break;
      case "inner-address-assigned": {
        const { type: _, spis: __, ...innerAddress } = effect;
        this.#innerAddress = innerAddress;
        break;
      }
      case "child-sa-up":
        this.#childSa = effect.childSa;
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
      case "peer-alive":
        this.#answerLiveness(true);
        break;
      case "ike-sa-down":
        this.end(effect.reason);
        break;
    }
  }

  end(reason: DownReason): void {
    if (this.#down) return;
    this.#down = true;
    this.#ticket = undefined;
    this.#connected.reject(new ConnectionError(reason, `no connection: ${reason.replaceAll("-", " ")}`));
    this.#closed.resolve(reason);
    this.#answerLiveness(false);
    this.#answerRekey(false);
    this.#answerTicket(undefined);
    this.#onEnd();
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
