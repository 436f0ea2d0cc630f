/**
 * The initiator: one connection of a client, from first message to delete. No I/O, no clock, no random source of its own.
 *
 * @module
 */
import type { RandomSource } from "../crypto/key_exchange.ts";
import { wipe } from "../crypto/wipe.ts";
import type { ClientTicket } from "../ticket/client_ticket.ts";
import { decodeMessage, type Message } from "../wire/message.ts";
import type { EstablishedContext } from "./exchanges/established_context.ts";
import * as establishedMessages from "./exchanges/established_messages.ts";
import { startInit } from "./exchanges/ike_sa_init/initiator.ts";
import { isPresentable, startResume } from "./exchanges/ike_session_resume/initiator.ts";
import { establishedContextOf, type InitiatorContext } from "./exchanges/initiator_context.ts";
import { sendQueued, sendRequest, timeout } from "./exchanges/requests.ts";
import { awaitAnswer, isAttempt, isResuming, mayHaveSignedAnother, receiveInAttempt, waitsForOf } from "./initiator/attempt.ts";
import { Schedule } from "./initiator/schedule.ts";
import type { InitiatorConfiguration, InitiatorPath } from "./policy/initiator_configuration.ts";
import type { Effect } from "./states/effect.ts";
import {
  type Established,
  isOf,
  ownSpiOf,
  type RequestPurpose,
  type Transition,
  wipeEstablished,
} from "./states/established.ts";
import { forgetSecrets } from "./states/initiator_secrets.ts";
import {
  closed,
  deadlineOf,
  dropped,
  initiatorSpiOf,
  type InitiatorState,
  type InitiatorTransition,
} from "./states/initiator_state.ts";
import { RetiredIkeSas } from "./states/retired.ts";
import type { Datagram } from "./steps/datagram.ts";
import type { Instant } from "./steps/instant.ts";
import type { Step } from "./steps/step.ts";

export {
  type InitiatorConfiguration,
  initiatorConfiguration,
  type InitiatorOptions,
  type InitiatorPath,
} from "./policy/initiator_configuration.ts";

const START: InitiatorState = { waitsFor: "start" };

/**
 * One connection. Whoever drives it hands in what comes, and calls {@link Initiator.timeout} at {@link Initiator.deadline}. A step that waits for
 * its cryptography must be over before the next one begins.
 */
export class Initiator {
  readonly #configuration: InitiatorConfiguration;
  readonly #path: InitiatorPath;
  readonly #random: RandomSource;
  #ticket: ClientTicket | undefined;
  #state: InitiatorState = START;
  readonly #retired = new RetiredIkeSas();
  readonly #schedule: Schedule;
  readonly #isOnly: boolean;
  #startedOver = false;

  /**
   * @param ticket Presented if it can be; otherwise, and whenever that fails, a full exchange is made.
   * @param isOnly The client knows of no other IKE SA with this gateway: INITIAL_CONTACT may say so.
   */
  constructor(
    configuration: InitiatorConfiguration,
    path: InitiatorPath,
    random: RandomSource,
    ticket?: ClientTicket,
    isOnly: boolean = true,
  ) {
    this.#schedule = new Schedule(configuration, random);
    this.#isOnly = isOnly;
    this.#configuration = configuration;
    this.#path = path;
    this.#random = random;
    this.#ticket = ticket;
  }

  /** What this end waits for. */
  get waitsFor(): InitiatorState["waitsFor"] {
    return waitsForOf(this.#state);
  }

  /** The original initiator's SPI of the current IKE SA, or of the attempt at one; 0n before the start. */
  get initiatorSpi(): bigint {
    return initiatorSpiOf(this.#state);
  }

  /**
   * The SPIs by which datagrams for this connection are told from others on the same socket: `receiverSpi` of a datagram is one of them.
   * There is one for each IKE SA: for a moment two, when the gateway or this end has rekeyed; none before the start. A fall-back from
   * resumption to a full exchange changes it.
   */
  get ownSpis(): readonly bigint[] {
    if (this.#state.waitsFor === "start") return [];
    const current = this.#state.waitsFor === "requests" ? ownSpiOf(this.#state) : this.initiatorSpi;
    return [current, ...this.#retired.ownSpis];
  }

  /** When `timeout` is next due, in monotonic milliseconds; `undefined` while nothing waits. */
  get deadline(): number | undefined {
    const due = Math.min(deadlineOf(this.#state) ?? Infinity, this.#retired.dueMs, this.#schedule.dueMs);
    return due === Infinity ? undefined : due;
  }

  /** Sends the first message: IKE_SESSION_RESUME with a ticket that can be presented, IKE_SA_INIT without. */
  *start(now: Instant): Step<Effect[]> {
    if (this.#state.waitsFor !== "start") return [];
    const context = this.#context(now);
    const ticket = this.#ticket;
    const presentable = ticket !== undefined && isPresentable(ticket, this.#configuration, now);
    if (!presentable) return yield* this.#apply(yield* startInit(context), context);
    // A copy: another attempt with the same ticket may succeed meanwhile, and wipe it.
    return yield* this.#apply(startResume({ ...ticket, skD: ticket.skD.slice() }, context), context);
  }

  /** A datagram came. Whatever its octets are, this neither throws nor does more than bounded work. */
  *receive(datagram: Datagram, now: Instant): Step<Effect[]> {
    const decoded = decodeMessage(datagram.octets);
    if (!decoded.ok) return [{ type: "dropped", reason: `malformed-${decoded.error.kind}` }];
    const message = decoded.value;
    const context = this.#context(now);
    const retired = this.#retired.find(message.header);
    if (retired) {
      const transition = yield* establishedMessages.receive(retired, message, datagram, now, this.#establishedContext);
      return yield* this.#applyRetired(retired, transition, now);
    }
    const { initiatorSpi, fromInitiator } = message.header;
    const isCurrent = this.#state.waitsFor === "requests"
      ? isOf(this.#state, message.header)
      : initiatorSpi === this.initiatorSpi && !fromInitiator;
    if (!isCurrent) return [{ type: "dropped", reason: "no-such-sa" }];
    const before = this.#state;
    const transition = yield* this.#receiveMessage(message, datagram, context);
    this.#schedule.received(message, before, transition.next, now);
    return yield* this.#apply(transition, context);
  }

  /** Time has passed: a request is sent again, or its attempt given up; a ticket is renewed. */
  *timeout(now: Instant): Step<Effect[]> {
    const effects: Effect[] = [];
    for (const retired of this.#retired.all) {
      const transition = yield* timeout(retired, now, this.#establishedContext);
      effects.push(...yield* this.#applyRetired(retired, transition, now));
    }
    return [...effects, ...yield* this.#timeoutOfCurrent(now)];
  }

  *#timeoutOfCurrent(now: Instant): Step<Effect[]> {
    const context = this.#context(now);
    const state = this.#state;
    if (isAttempt(state)) return yield* this.#apply(yield* awaitAnswer(state, context), context);
    if (state.waitsFor !== "requests") return [];
    const effects = yield* this.#applyEstablished(state, yield* timeout(state, now, this.#establishedContext), context);
    const due = this.#schedule.take(this.#state, now);
    effects.push(...due.effects);
    for (const purpose of due.requests) effects.push(...yield* this.#request(purpose, now));
    return effects;
  }

  /** Deletes the IKE SA and tells the gateway; an attempt that is not up yet just ends. */
  *close(now: Instant): Step<Effect[]> {
    const context = this.#context(now);
    const state = this.#state;
    if (state.waitsFor === "requests") return yield* this.#request("delete", now);
    this.#ticket = undefined;
    const spis = { initiatorSpi: this.initiatorSpi, responderSpi: 0n };
    return state.waitsFor === "nothing" ? [] : yield* this.#apply(closed(spis, "deleted-by-us"), context);
  }

  /** Asks the gateway for a sign of life (RFC 7296, section 2.4). Nothing happens unless the IKE SA is up. */
  checkLiveness(now: Instant): Step<Effect[]> {
    return this.#request("liveness", now);
  }

  /**
   * Offers a new IKE SA in place of this one, with keys of a new Diffie-Hellman exchange (RFC 7296, section 2.8), and asks for its ticket if
   * tickets are wanted. Ends with "ike-sa-rekeyed" or "ike-sa-rekey-failed". Nothing happens unless the IKE SA is up.
   */
  rekey(now: Instant): Step<Effect[]> {
    return this.#request("rekey", now);
  }

  /**
   * Asks for a ticket by INFORMATIONAL (RFC 5723, section 4.1). Ends with "ticket-received" or "ticket-not-granted". Nothing happens unless
   * the IKE SA is up; a request that is under way is waited for first.
   */
  requestTicket(now: Instant): Step<Effect[]> {
    return this.#request("ticket", now);
  }

  /** Forgets everything and wipes all keys, without a word to the gateway. Tickets that were handed out stay good. */
  dispose(): void {
    const gone = {
      waitsFor: "nothing",
      reason: "deleted-by-us",
      spis: { initiatorSpi: this.initiatorSpi, responderSpi: 0n },
    } as const;
    if (this.#state.waitsFor === "requests") wipeEstablished(this.#state);
    this.#schedule.stop();
    this.#retired.wipe();
    forgetSecrets(this.#state, gone);
    this.#state = gone;
  }

  *#receiveMessage(message: Message, datagram: Datagram, context: InitiatorContext): Step<InitiatorTransition> {
    const state = this.#state;
    if (isAttempt(state)) return yield* receiveInAttempt(state, message, datagram, context);
    if (state.waitsFor !== "requests") return dropped(state, "no-such-sa");
    const transition = yield* establishedMessages.receive(state, message, datagram, context.now, this.#establishedContext);
    this.#retired.add(transition);
    return fromEstablished(state, transition);
  }

  *#request(purpose: RequestPurpose, now: Instant): Step<Effect[]> {
    const state = this.#state;
    if (state.waitsFor !== "requests") return [];
    const transition = yield* sendRequest(state, purpose, now, this.#establishedContext);
    return yield* this.#applyEstablished(state, transition, this.#context(now));
  }

  *#applyEstablished(before: Established, transition: Transition, context: InitiatorContext): Step<Effect[]> {
    this.#retired.add(transition);
    return yield* this.#apply(fromEstablished(before, transition), context);
  }

  /** With the old IKE SA gone, what was to be asked on the current one is asked. */
  *#applyRetired(before: Established, { next, effects }: Transition, now: Instant): Step<Effect[]> {
    this.#retired.replace(before, next);
    const state = this.#state;
    if (next || state.waitsFor !== "requests" || state.sendWindow.outstanding) return [...effects];
    const asked = yield* sendQueued(state, now, this.#establishedContext);
    return [...effects, ...yield* this.#applyEstablished(state, asked, this.#context(now))];
  }

  /** Takes the next state. A resumption that came to nothing goes on as a full exchange, with the same configuration. */
  *#apply({ next, effects }: InitiatorTransition, context: InitiatorContext): Step<Effect[]> {
    const before = this.#state;
    this.#state = next;
    forgetSecrets(before, next);
    this.#schedule.follow(before, next, effects, context.now);
    if (next.waitsFor === "requests") this.#spendTicket(before);
    // An end is told once: what comes after it changes nothing.
    if (next.waitsFor !== "nothing" || before.waitsFor === "nothing") return [...effects];
    if (!this.#startedOver && mayHaveSignedAnother(before, next)) {
      this.#startedOver = true;
      this.#state = START;
      return [...effects, ...yield* this.start(context.now)];
    }
    const wasResuming = isResuming(before);
    if (!wasResuming || next.reason === "deleted-by-us") {
      const down: Effect[] = this.#isDownTold(effects) ? [] : [{ type: "ike-sa-down", spis: next.spis, reason: next.reason }];
      return [...effects, ...down];
    }
    // Refused, it is never presented again (RFC 5723, section 4.3.2).
    this.#ticket = undefined;
    const reason = next.reason === "ticket-refused" ? "nack" : next.reason === "no-answer" ? "no-answer" : "refused";
    const full = yield* startInit(context);
    this.#state = full.next;
    return [...effects, { type: "resumption-failed", reason }, ...full.effects];
  }

  /** A ticket serves once (RFC 5723, section 4.3.1): without its SK_d it cannot be presented again. */
  #spendTicket(before: InitiatorState): void {
    if (this.#ticket && isResuming(before)) wipe(this.#ticket.skD);
    this.#ticket = undefined;
  }

  #isDownTold(effects: readonly Effect[]): boolean {
    return effects.some(({ type }) => type === "ike-sa-down");
  }

  #context(now: Instant): InitiatorContext {
    return {
      configuration: this.#configuration,
      path: this.#path,
      random: this.#random,
      now,
      cautious: this.#startedOver,
      initialContact: this.#configuration.initialContact && this.#isOnly,
    };
  }

  get #establishedContext(): EstablishedContext {
    return establishedContextOf(this.#configuration, this.#random);
  }
}

function fromEstablished(before: Established, { next, successor = next, effects }: Transition): InitiatorTransition {
  const gone = effects.find((effect) => effect.type === "ike-sa-down");
  return { next: successor ?? { waitsFor: "nothing", reason: gone?.reason ?? "protocol-error", spis: before.spis }, effects };
}
