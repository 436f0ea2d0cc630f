/**
 * The life of a connection: the next state after a transition, the fall-back from resumption to a full exchange, and the end.
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import { wipe } from "../../crypto/wipe.ts";
import type { ClientTicket } from "../../ticket/client_ticket.ts";
import { type ChildOrder, orderChildSa } from "../exchanges/create_child_sa/child_orders.ts";
import { type EstablishedContext, prepend } from "../exchanges/established_context.ts";
import { startInit } from "../exchanges/ike_sa_init/initiator.ts";
import { startResume } from "../exchanges/ike_session_resume/initiator.ts";
import { isPresentable } from "../exchanges/presented_by_client.ts";
import { establishedContextOf, type InitiatorContext } from "../exchanges/initiator_context.ts";
import { startProtected } from "../exchanges/protected_resume/initiator.ts";
import { sendQueued, sendRequest } from "../exchanges/requests.ts";
import type { InitiatorConfiguration, InitiatorPath } from "../policy/initiator_configuration.ts";
import { type Effect, sendEach } from "../states/effect.ts";
import { type Established, type RequestPurpose, type Transition, wipeEstablished } from "../states/established.ts";
import { forgetSecrets } from "../states/initiator_secrets.ts";
import {
  encapsulatedPath,
  initiatorSpiOf,
  type InitiatorState,
  type InitiatorTransition,
  plainPath,
} from "../states/initiator_state.ts";
import { onPath } from "../states/mobility.ts";
import { RetiredIkeSas } from "../states/retired.ts";
import type { Instant } from "../steps/instant.ts";
import type { Step } from "../steps/step.ts";
import { isResuming, mayHaveSignedAnother } from "./attempt.ts";
import { Schedule } from "./schedule.ts";

/** A ticket in IKE_SA_INIT was refused, or not known: the full exchange has gone on at once. */
const PASSED_OVER: Effect = { type: "resumption-failed", reason: "nack" };

function isFull(effects: readonly Effect[]): boolean {
  return effects.some((effect) => effect.type === "ike-sa-up" && !effect.resumed);
}

const START: InitiatorState = { waitsFor: "start" };

export class ConnectionLife {
  readonly #configuration: InitiatorConfiguration;
  #path: InitiatorPath;
  readonly #random: RandomSource;
  readonly #isOnly: boolean;
  readonly #redirectedFrom: string | undefined;
  #ticket: ClientTicket | undefined;
  #state: InitiatorState = START;
  #startedOver = false;
  /** IKE SAs whose place another has taken, as long as their peer may still send on them. */
  readonly retired: RetiredIkeSas = new RetiredIkeSas();
  /** What the client does by itself, in its time. */
  readonly schedule: Schedule;

  /** @param begun what has become of it already. */
  constructor(
    configuration: InitiatorConfiguration,
    path: InitiatorPath,
    random: RandomSource,
    ticket: ClientTicket | undefined,
    isOnly: boolean,
    redirectedFrom?: string,
    begun?: { readonly state: InitiatorState; readonly schedule?: Schedule },
  ) {
    this.#redirectedFrom = redirectedFrom;
    this.#configuration = configuration;
    this.#path = path;
    this.#random = random;
    this.#ticket = ticket;
    this.#isOnly = isOnly;
    this.schedule = begun?.schedule ?? new Schedule(configuration, random);
    if (begun) this.#state = begun.state;
  }

  get state(): InitiatorState {
    return this.#state;
  }

  context(now: Instant): InitiatorContext {
    return {
      configuration: this.#configuration,
      path: this.#path,
      random: this.#random,
      now,
      cautious: this.#startedOver,
      redirectedFrom: this.#redirectedFrom,
      initialContact: this.#configuration.initialContact && this.#isOnly,
    };
  }

  get establishedContext(): EstablishedContext {
    return establishedContextOf(this.#configuration, this.#random);
  }

  /** Sends the first message: IKE_SESSION_RESUME with a ticket that can be presented, IKE_SA_INIT without. */
  *start(now: Instant): Step<Effect[]> {
    if (this.#state.waitsFor !== "start") return [];
    const context = this.context(now);
    const ticket = this.#ticket;
    const presentable = ticket !== undefined && isPresentable(ticket, this.#configuration, now);
    if (!presentable) return yield* this.apply(yield* startInit(context), context);
    // A copy: another attempt with the same ticket may succeed meanwhile, and wipe it.
    const copy = { ...ticket, skD: ticket.skD.slice() };
    return yield* this.apply(yield* present(copy, context), context);
  }

  /** A request of this end's, where there is an IKE SA that is up. */
  *request(purpose: RequestPurpose, now: Instant): Step<Effect[]> {
    const state = this.#state;
    if (state.waitsFor !== "requests") return [];
    const transition = yield* sendRequest(state, purpose, now, this.establishedContext);
    return yield* this.applyEstablished(state, transition, this.context(now));
  }

  /** What the owner asks about Child SAs, where there is an IKE SA that is up. */
  *orderChildSa(order: ChildOrder, now: Instant): Step<Effect[]> {
    const state = this.#state;
    if (state.waitsFor !== "requests") return [];
    const transition = yield* orderChildSa(state, order, now, this.establishedContext);
    return yield* this.applyEstablished(state, transition, this.context(now));
  }

  /**
   * This end is somewhere else. Where MOBIKE was agreed on, the gateway is told, and what it has not answered yet is sent again from there
   * (RFC 4555, section 3.5).
   */
  *move(path: InitiatorPath, now: Instant): Step<Effect[]> {
    const state = this.#state;
    if (state.waitsFor !== "requests" || state.mobility === undefined) return [];
    this.#path = path;
    const { encapsulated, remote } = state.path;
    const way = { ...(encapsulated ? encapsulatedPath(path) : plainPath(path)), encapsulated };
    const newPath = { ...way, remote: { ...way.remote, address: remote.address } };
    const there: Established = { ...state, path: newPath, mobility: onPath(state.mobility, newPath) };
    const { outstanding } = there.sendWindow;
    const transition = yield* sendRequest(there, "update-addresses", now, this.establishedContext);
    const again = outstanding ? sendEach(outstanding.octets, there.path) : [];
    return yield* this.applyEstablished(state, prepend(again, transition), this.context(now));
  }

  /** Takes what a step has made of the IKE SA that is up. */
  *applyEstablished(before: Established, transition: Transition, context: InitiatorContext): Step<Effect[]> {
    this.retired.add(transition);
    return yield* this.apply(fromEstablished(before, transition), context);
  }

  /** Once the old IKE SA is gone, the requests that waited on the current one are sent. */
  *applyRetired(before: Established, { next, effects }: Transition, now: Instant): Step<Effect[]> {
    this.retired.replace(before, next);
    const state = this.#state;
    if (next || state.waitsFor !== "requests" || state.sendWindow.outstanding) return [...effects];
    const asked = yield* sendQueued(state, now, this.establishedContext);
    return [...effects, ...yield* this.applyEstablished(state, asked, this.context(now))];
  }

  /** Takes the next state. A resumption that came to nothing goes on as a full exchange, with the same configuration. */
  *apply({ next, effects }: InitiatorTransition, context: InitiatorContext): Step<Effect[]> {
    const before = this.#state;
    this.#state = next;
    forgetSecrets(before, next);
    this.schedule.follow(before, next, effects, context.now);
    if (next.waitsFor === "requests") {
      this.#spendTicket(before);
      if (before.waitsFor === "IKE_SA_INIT response" && isFull(effects) && before.ticket) return [PASSED_OVER, ...effects];
    }
    // An end is told once: what comes after it changes nothing.
    if (next.waitsFor !== "nothing" || before.waitsFor === "nothing") return [...effects];
    if (!this.#startedOver && mayHaveSignedAnother(before, next)) {
      this.#startedOver = true;
      this.#state = START;
      return [...effects, ...yield* this.start(context.now)];
    }
    // A full exchange was asked for in the same message, which nobody has answered.
    const wasAsked = before.waitsFor === "IKE_SA_INIT response" && next.reason === "no-answer";
    const wasResuming = isResuming(before) && !wasAsked;
    if (!wasResuming || next.reason === "deleted-by-us" || next.reason === "redirected") {
      const down: Effect[] = this.#isDownTold(effects) ? [] : [{ type: "ike-sa-down", spis: next.spis, reason: next.reason }];
      return [...effects, ...down];
    }
    // A refused ticket is never presented again (RFC 5723, section 4.3.2).
    this.#ticket = undefined;
    const reason = next.reason === "ticket-refused" ? "nack" : next.reason === "no-answer" ? "no-answer" : "refused";
    if (reason === "no-answer" && this.#configuration.silentAttempts !== undefined) {
      // Another gateway may take it.
      return [...effects, { type: "resumption-failed", reason }, { type: "ike-sa-down", spis: next.spis, reason }];
    }
    const full = yield* startInit(context);
    this.#state = full.next;
    return [...effects, { type: "resumption-failed", reason }, ...full.effects];
  }

  /** Forgets everything and wipes all keys, without a word to the gateway. Tickets that were handed out stay good. */
  dispose(): void {
    const gone = {
      waitsFor: "nothing",
      reason: "deleted-by-us",
      spis: { initiatorSpi: initiatorSpiOf(this.#state), responderSpi: 0n },
    } as const;
    if (this.#state.waitsFor === "requests") wipeEstablished(this.#state);
    this.schedule.stop();
    this.retired.wipe();
    forgetSecrets(this.#state, gone);
    this.#state = gone;
  }

  /** No later attempt presents the ticket. */
  forgetTicket(): void {
    this.#ticket = undefined;
  }

  /** A ticket serves once (RFC 5723, section 4.3.1): without its SK_d it cannot be presented again. */
  #spendTicket(before: InitiatorState): void {
    if (this.#ticket && isResuming(before)) wipe(this.#ticket.skD);
    this.#ticket = undefined;
  }

  #isDownTold(effects: readonly Effect[]): boolean {
    return effects.some(({ type }) => type === "ike-sa-down");
  }
}

function* present(ticket: ClientTicket, context: InitiatorContext): Step<InitiatorTransition> {
  switch (context.configuration.profile.presentation.kind) {
    case "own-exchange":
      return startResume(ticket, context);
    case "protected-exchange":
      return yield* startProtected(ticket, context);
    case "in-init":
      return yield* startInit(context, ticket);
  }
}

/** The transition of the connection that follows from one of its IKE SA. */
export function fromEstablished(before: Established, { next, successor = next, effects }: Transition): InitiatorTransition {
  const gone = effects.find((effect) => effect.type === "ike-sa-down");
  return { next: successor ?? { waitsFor: "nothing", reason: gone?.reason ?? "protocol-error", spis: before.spis }, effects };
}
