/**
 * One client's connection: an IKE SA with its first Child SA, and the ticket to come back with.
 *
 * @module
 */
import type { ChildSa } from "../ike/child_sa.ts";
import type { DownReason, Effect, SpiPair } from "../ike/effect.ts";
import type { ClientTicket } from "../ticket/client_ticket.ts";
import type { Identity } from "../ticket/identity.ts";
import { ikeSpiDigits } from "../wire/hexadecimal.ts";
import { ConnectionError } from "./connection_error.ts";
import type { DrivenInitiator, InitiatorDriver } from "./initiator_driver.ts";

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

  /** The newest ticket: present it once, in the next `connect`. `undefined`: the gateway granted none, or the session is over. */
  get ticket(): ClientTicket | undefined {
    return this.#state.ticket;
  }

  /** Resolves with the reason when the IKE SA is gone, whoever ended it. */
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

  /** Deletes the IKE SA, and with it the Child SA and the ticket (RFC 5723, section 6.2). Resolves when the gateway has answered, or will not. */
  async close(): Promise<void> {
    if (!this.#state.down) this.#driver.act(this.#driven, { type: "close" });
    await this.#state.closed;
  }

  /** Leaves without a word, as a client does that loses its network: the ticket stays good. */
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
  #ticket: ClientTicket | undefined;
  #down = false;
  #livenessAnswers: ((alive: boolean) => void)[] = [];
  readonly #connected = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<DownReason>();
  readonly #onEnd: () => void;

  /** `onEnd`: called once, when the IKE SA is gone or was never made. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  /** Resolves when IKE SA and Child SA are up; rejects with a {@link ConnectionError} when one of them cannot be. */
  get connected(): Promise<void> {
    return this.#connected.promise;
  }

  get closed(): Promise<DownReason> {
    return this.#closed.promise;
  }

  get up(): IkeSaUp {
    if (this.#up === undefined) throw new Error("session: asked before it is connected");
    return this.#up;
  }

  get childSa(): ChildSa {
    if (this.#childSa === undefined) throw new Error("session: asked before it is connected");
    return this.#childSa;
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

  take(effect: Effect): void {
    switch (effect.type) {
      case "ike-sa-up":
        this.#up = effect;
        break;
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
        this.#ticket = effect.ticket;
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
    this.#onEnd();
  }

  #answerLiveness(alive: boolean): void {
    for (const resolve of this.#livenessAnswers.splice(0)) resolve(alive);
  }
}
