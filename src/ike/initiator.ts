/**
 * The initiator: one connection of a client, from first message to delete. No I/O, no clock, no random source of its own.
 *
 * @module
 */
import type { RandomSource } from "../crypto/key_exchange.ts";
import type { ClientTicket } from "../ticket/client_ticket.ts";
import { decodeMessage, type Message } from "../wire/message.ts";
import { stateOf } from "./client_lane/as_steps.ts";
import type { ClientWave } from "./client_lane/client_lane.ts";
import type { PlainClient } from "./client_lane/plain_client.ts";
import type { ChildOrder } from "./exchanges/create_child_sa/child_orders.ts";
import * as establishedMessages from "./exchanges/established_messages.ts";
import type { InitiatorContext } from "./exchanges/initiator_context.ts";
import { timeout } from "./exchanges/requests.ts";
import { awaitAnswer, isAttempt, receiveInAttempt, waitsForOf } from "./initiator/attempt.ts";
import { ConnectionLife, fromEstablished } from "./initiator/life.ts";
import type { InitiatorConfiguration, InitiatorPath } from "./policy/initiator_configuration.ts";
import type { Effect } from "./states/effect.ts";
import { isOf, ownSpiOf } from "./states/established.ts";
import { closed, deadlineOf, dropped, initiatorSpiOf, type InitiatorTransition } from "./states/initiator_state.ts";
import type { Datagram } from "./steps/datagram.ts";
import type { Instant } from "./steps/instant.ts";
import type { Step } from "./steps/step.ts";

export {
  type InitiatorConfiguration,
  initiatorConfiguration,
  type InitiatorOptions,
  type InitiatorPath,
} from "./policy/initiator_configuration.ts";

/** What a connection waits for: its start, an answer of the gateway, requests of either end once it is up, or, at its end, nothing. */
export type WaitsFor =
  | "start"
  | "IKE_SA_INIT response"
  | "IKE_SESSION_RESUME response"
  | "IKE_AUTH response"
  | "requests"
  | "nothing";

/**
 * One connection. Its driver hands in the datagrams that come, and calls {@link Initiator.timeout} at
 * {@link Initiator.deadline}. A step that waits for its cryptography must be over before the next one begins.
 */
export class Initiator {
  readonly #configuration: InitiatorConfiguration;
  readonly #path: InitiatorPath;
  readonly #random: RandomSource;
  readonly #ticket: ClientTicket | undefined;
  readonly #isOnly: boolean;
  readonly #redirectedFrom: string | undefined;
  /** As long as all that it does is plain, it has this in place of a life. */
  #plain: PlainClient | undefined;
  /** Made when it is first asked for. */
  #begunLife: ConnectionLife | undefined;

  /**
   * Nothing is sent before {@link Initiator.start}.
   *
   * @param ticket Presented if it can be; otherwise, and whenever that fails, a full exchange is made.
   * @param isOnly The client knows of no other IKE SA with this gateway: INITIAL_CONTACT may say so.
   * @param redirectedFrom The gateway that sent the client to this one (RFC 5685).
   */
  constructor(
    configuration: InitiatorConfiguration,
    path: InitiatorPath,
    random: RandomSource,
    ticket?: ClientTicket,
    isOnly: boolean = true,
    redirectedFrom?: string,
  ) {
    this.#configuration = configuration;
    this.#path = path;
    this.#random = random;
    this.#ticket = ticket;
    this.#isOnly = isOnly;
    this.#redirectedFrom = redirectedFrom;
  }

  /** What this end waits for. */
  get waitsFor(): WaitsFor {
    return this.#plain?.stage ?? waitsForOf(this.#life.state);
  }

  /** The original initiator's SPI of the current IKE SA, or of the attempt at one; 0n before the start. */
  get initiatorSpi(): bigint {
    return this.#plain?.spis.initiatorSpi ?? initiatorSpiOf(this.#life.state);
  }

  /**
   * The SPIs by which datagrams for this connection are told from others on the same socket: `receiverSpi` of a datagram is one of them.
   * There is one for each IKE SA: for a moment two, when the gateway or this end has rekeyed; none before the start. A fall-back from
   * resumption to a full exchange changes it.
   */
  get ownSpis(): readonly bigint[] {
    if (this.#plain) return this.#plain.ownSpis;
    const { state, retired } = this.#life;
    if (state.waitsFor === "start") return [];
    const current = state.waitsFor === "requests" ? ownSpiOf(state) : this.initiatorSpi;
    return [current, ...retired.ownSpis];
  }

  /** When `timeout` is next due, in monotonic milliseconds; `undefined` while nothing waits. */
  get deadline(): number | undefined {
    if (this.#plain) return this.#plain.deadline;
    const { state, retired, schedule } = this.#life;
    const due = Math.min(deadlineOf(state) ?? Infinity, retired.dueMs, schedule.dueMs);
    return due === Infinity ? undefined : due;
  }

  /**
   * @internal As {@link Initiator.start}, where that is plain: what is sent. `undefined`: it is not, and nothing has happened.
   */
  beginIn(wave: ClientWave): readonly Effect[] | undefined {
    const ticket = this.#ticket;
    if (ticket === undefined || this.#plain || this.#begunLife) return undefined;
    const begun = wave.begin({ configuration: this.#configuration, path: this.#path, random: this.#random, ticket });
    if (begun === undefined) return undefined;
    this.#plain = begun.client;
    return begun.effects;
  }

  /** @internal Has a wave take in a datagram that came for it. False: it is not plain, and nothing has happened. */
  receiveIn(wave: ClientWave, datagram: Datagram, place: number): boolean {
    return this.#plain !== undefined && wave.takes(place, this.#plain, datagram);
  }

  /** Whatever is not plain is for the steps, which go on from where it is. */
  get #life(): ConnectionLife {
    if (this.#begunLife) return this.#begunLife;
    const plain = this.#plain;
    const begun = plain && { state: stateOf(plain), schedule: plain.schedule };
    // A ticket serves once (RFC 5723, section 4.3.1).
    const ticket = plain?.stage === "requests" ? undefined : this.#ticket;
    this.#plain = undefined;
    return this.#begunLife = new ConnectionLife(
      this.#configuration,
      this.#path,
      this.#random,
      ticket,
      this.#isOnly,
      this.#redirectedFrom,
      begun,
    );
  }

  /** Sends the first message: IKE_SESSION_RESUME with a ticket that can be presented, IKE_SA_INIT without. */
  start(now: Instant): Step<Effect[]> {
    return this.#life.start(now);
  }

  /** A datagram came. Whatever its octets are, this neither throws nor does more than bounded work. */
  *receive(datagram: Datagram, now: Instant): Step<Effect[]> {
    const decoded = decodeMessage(datagram.octets);
    if (!decoded.ok) return [{ type: "dropped", reason: `malformed-${decoded.error.kind}` }];
    const message = decoded.value;
    const context = this.#life.context(now);
    const retired = this.#life.retired.find(message.header);
    if (retired) {
      const transition = yield* establishedMessages.receive(retired, message, datagram, now, this.#life.establishedContext);
      return yield* this.#life.applyRetired(retired, transition, now);
    }
    const { initiatorSpi, fromInitiator } = message.header;
    const before = this.#life.state;
    const isCurrent = before.waitsFor === "requests"
      ? isOf(before, message.header)
      : initiatorSpi === this.initiatorSpi && !fromInitiator;
    if (!isCurrent) return [{ type: "dropped", reason: "no-such-sa" }];
    const transition = yield* this.#receiveMessage(message, datagram, context);
    this.#life.schedule.received(message, before, transition.next, now);
    return yield* this.#life.apply(transition, context);
  }

  /** Time has passed: a request is sent again, or its attempt given up; a ticket is renewed. */
  *timeout(now: Instant): Step<Effect[]> {
    const effects: Effect[] = [];
    for (const retired of this.#life.retired.all) {
      const transition = yield* timeout(retired, now, this.#life.establishedContext);
      effects.push(...yield* this.#life.applyRetired(retired, transition, now));
    }
    return [...effects, ...yield* this.#timeoutOfCurrent(now)];
  }

  *#timeoutOfCurrent(now: Instant): Step<Effect[]> {
    const context = this.#life.context(now);
    const state = this.#life.state;
    if (isAttempt(state)) return yield* this.#life.apply(yield* awaitAnswer(state, context), context);
    if (state.waitsFor !== "requests") return [];
    const effects = yield* this.#life.applyEstablished(
      state,
      yield* timeout(state, now, this.#life.establishedContext),
      context,
    );
    const due = this.#life.schedule.take(this.#life.state, now);
    effects.push(...due.effects);
    for (const purpose of due.requests) effects.push(...yield* this.#life.request(purpose, now));
    return effects;
  }

  /** Deletes the IKE SA and tells the gateway; an attempt that is not up yet just ends. */
  *close(now: Instant): Step<Effect[]> {
    const context = this.#life.context(now);
    const state = this.#life.state;
    if (state.waitsFor === "requests") return yield* this.#life.request("delete", now);
    this.#life.forgetTicket();
    const spis = { initiatorSpi: this.initiatorSpi, responderSpi: 0n };
    return state.waitsFor === "nothing" ? [] : yield* this.#life.apply(closed(spis, "deleted-by-us"), context);
  }

  /** Asks the gateway for a sign of life (RFC 7296, section 2.4). Nothing happens unless the IKE SA is up. */
  checkLiveness(now: Instant): Step<Effect[]> {
    return this.#life.request("liveness", now);
  }

  /**
   * Offers a new IKE SA in place of this one, with keys of a new Diffie-Hellman exchange (RFC 7296, section 2.8), and asks for its ticket if
   * tickets are wanted. Ends with "ike-sa-rekeyed" or "ike-sa-rekey-failed". Nothing happens unless the IKE SA is up.
   */
  rekey(now: Instant): Step<Effect[]> {
    return this.#life.request("rekey", now);
  }

  /**
   * Asks for a ticket by INFORMATIONAL (RFC 5723, section 4.1). Ends with "ticket-received" or "ticket-not-granted". Nothing happens unless
   * the IKE SA is up; a request that is under way is waited for first.
   */
  requestTicket(now: Instant): Step<Effect[]> {
    return this.#life.request("ticket", now);
  }

  /** Makes, rekeys or deletes a Child SA, or takes note of what it has carried. Nothing happens unless the IKE SA is up. */
  orderChildSa(order: ChildOrder, now: Instant): Step<Effect[]> {
    return this.#life.orderChildSa(order, now);
  }

  /** Whether MOBIKE was agreed on for the IKE SA that is up: then {@link Initiator.move} moves it. */
  get isMobile(): boolean {
    if (this.#plain) return false;
    const { state } = this.#life;
    return state.waitsFor === "requests" && state.mobility !== undefined;
  }

  /**
   * This end talks from somewhere else from now on, and to `path.remote`'s port at the gateway's address as before. Ends with "addresses-updated" or
   * "address-update-refused". Nothing happens unless the IKE SA is up, and MOBIKE was agreed on.
   */
  move(path: InitiatorPath, now: Instant): Step<Effect[]> {
    return this.#life.move(path, now);
  }

  /** Forgets everything and wipes all keys, without a word to the gateway. Tickets that were handed out stay good. */
  dispose(): void {
    if (this.#plain) this.#plain.dispose();
    else this.#life.dispose();
  }

  *#receiveMessage(message: Message, datagram: Datagram, context: InitiatorContext): Step<InitiatorTransition> {
    const state = this.#life.state;
    if (isAttempt(state)) return yield* receiveInAttempt(state, message, datagram, context);
    if (state.waitsFor !== "requests") return dropped(state, "no-such-sa");
    const transition = yield* establishedMessages.receive(state, message, datagram, context.now, this.#life.establishedContext);
    this.#life.retired.add(transition);
    return fromEstablished(state, transition);
  }
}
