/**
 * Messages on an IKE SA whose client has yet to prove itself: IKE_AUTH, with or without EAP, and what becomes of the IKE SA by it.
 *
 * @module
 */
import { ExchangeType } from "../../wire/constants.ts";
import type { IssuedTicket } from "../../ticket/issued_ticket.ts";
import type { Message } from "../../wire/message.ts";
import { sameOctets } from "../../wire/octets.ts";
import { respondToAuth } from "../exchanges/ike_auth/responder.ts";
import type { AuthAnswer } from "../exchanges/ike_auth/auth_answer.ts";
import { refused } from "../exchanges/ike_auth/responder_refusal.ts";
import { continueEap } from "../exchanges/ike_auth/responder_eap.ts";
import { confirm } from "../exchanges/protected_resume/confirmation.ts";
import type { FirstMessages } from "../exchanges/first_messages.ts";
import { respondToIntermediate } from "../exchanges/ike_intermediate/responder.ts";
import { wipeIkeSaKeys } from "../ike_sa/ike_sa_keys.ts";
import { drop, reply } from "../exchanges/reply.ts";
import type { ResponderContext } from "../exchanges/responder_context.ts";
import { type Effect, joinEffects, sendEach } from "../states/effect.ts";
import { wipeEstablished } from "../states/established.ts";
import type { IkeSaTable } from "../states/ike_sa_table.ts";
import { forgetSecrets } from "../states/responder_secrets.ts";
import { piggybackRulesOf } from "../profiles/resumption_profile.ts";
import type {
  AwaitingAuth,
  AwaitingConfirmation,
  AwaitingEap,
  HalfOpenState,
  PresentedTicket,
} from "../states/responder_state.ts";
import { type Datagram, pathOf } from "../steps/datagram.ts";
import type { Step } from "../steps/step.ts";
import type { IssuedTickets } from "../tickets/issued_tickets.ts";
import type { Admission } from "./admission.ts";
import type { IkeSaLife } from "./life.ts";

/** What is sent and told, and tickets that are to be taken back for it. */
export interface Conclusion {
  readonly effects: Effect[];
  readonly worthless: readonly IssuedTicket[];
}

/** A half-open IKE SA whose client has yet to prove itself. */
type Unproven = AwaitingAuth | AwaitingEap | AwaitingConfirmation;

export class HalfOpenMessages {
  readonly #first: FirstMessages;
  readonly #sas: IkeSaTable;
  readonly #lifecycle: IkeSaLife;
  readonly #admission: Admission;
  readonly #issued: IssuedTickets;

  constructor(
    first: FirstMessages,
    sas: IkeSaTable,
    lifecycle: IkeSaLife,
    admission: Admission,
    issued: IssuedTickets,
  ) {
    this.#first = first;
    this.#sas = sas;
    this.#lifecycle = lifecycle;
    this.#admission = admission;
    this.#issued = issued;
  }

  /** A message on a half-open IKE SA. */
  *receive(state: HalfOpenState, message: Message, datagram: Datagram, context: ResponderContext): Step<Effect[]> {
    if (state.waitsFor === "repeated request") {
      return sameOctets(state.request, message.octets) ? [reply(state.response, datagram)] : drop("refused-before");
    }
    const { responderSpi } = state.first.spis;
    // A step of it waits for policy, or for a signature: its client sends the request again.
    if (this.#first.isInStep(responderSpi)) return drop("in-progress");
    this.#first.beginStep(responderSpi);
    try {
      return yield* this.#receive(state, message, datagram, context);
    } finally {
      this.#first.processed(responderSpi, this.#sas.standingOf(responderSpi));
    }
  }

  *#receive(
    state: Unproven,
    message: Message,
    datagram: Datagram,
    context: ResponderContext,
  ): Step<Effect[]> {
    const { initiatorSpi, exchangeType, isResponse } = message.header;
    if (state.first.spis.initiatorSpi !== initiatorSpi) return drop("no-such-sa");
    const isIntermediate = exchangeType === ExchangeType.IKE_INTERMEDIATE && state.waitsFor === "IKE_AUTH";
    const isExpected = exchangeType === ExchangeType.IKE_AUTH || isIntermediate || state.waitsFor === "confirmation" ||
      exchangeType === ExchangeType.CREATE_CHILD_SA && mayPiggyback(state);
    if (!isExpected || isResponse) return drop("unexpected-exchange");
    const answer = yield* answerOf(state, isIntermediate, message, datagram, context);
    // While a step was set aside its ticket may have been taken back: what is gone does not come back.
    if (this.#sas.standingOf(state.first.spis.responderSpi) !== state) return this.#comeToNothing(state, answer);
    const { effects, worthless } = this.conclude(state, answer, datagram, context);
    return worthless.length === 0 ? effects : yield* this.#issued.takeBack(worthless, effects);
  }

  #comeToNothing({ first: { spis } }: Unproven, answer: AuthAnswer): Effect[] {
    if (answer.kind === "established") wipeEstablished(answer.next);
    else if (answer.kind !== "hopeless") forgetSecrets(answer.next);
    this.#lifecycle.leave(spis.responderSpi);
    return drop("taken-back");
  }

  /** What an answer to IKE_AUTH makes of the IKE SA. */
  conclude(
    state: Unproven,
    answer: AuthAnswer,
    datagram: Datagram,
    context: ResponderContext,
  ): Conclusion {
    const effects = this.#effectsOf(state, answer, datagram, context);
    const usedId = answer.kind === "established" ? presentedIn(state)?.ticketId : undefined;
    return { effects, worthless: this.#issued.remember(effects, usedId) };
  }

  #effectsOf(
    state: Unproven,
    answer: AuthAnswer,
    datagram: Datagram,
    context: ResponderContext,
  ): Effect[] {
    const { spis } = state.first;
    const { responderSpi } = spis;
    if (answer.kind === "hopeless") {
      this.#lifecycle.makeHopeless(responderSpi, state);
      return drop(answer.reason);
    }
    if (answer.kind === "established") this.#sas.keep(answer.next);
    else this.#sas.set(responderSpi, answer.next);
    const isOver = answer.kind === "established" || answer.kind === "continued" && answer.next.waitsFor === "EAP";
    if (isOver && state.waitsFor === "IKE_AUTH" && state.intermediate) wipeIkeSaKeys(state.intermediate.keys);
    if (answer.kind === "ignored") return drop(answer.reason);
    if (answer.kind === "continued") return sendEach(answer.response, pathOf(datagram));
    if (answer.kind === "refused") {
      forgetSecrets(state);
      return refused(answer, spis, datagram);
    }
    const { leavesTo } = context.configuration;
    const { initiatorId } = answer.next;
    if (leavesTo !== undefined && answer.next.followsRedirects) this.#lifecycle.sendAway(responderSpi, leavesTo);
    const presented = presentedIn(state);
    const untold = this.#admission.takeUntold();
    const replaced = presented ? this.#lifecycle.replace(presented.state, presented.ticketId, initiatorId) : NOTHING_TOLD;
    // At once: an array that grows one by one takes room for sixteen more, and so does one that others are spread into.
    const sent = answer.response ? sendEach(answer.response, pathOf(datagram)) : NOTHING_TOLD;
    const effects = joinEffects(sent, untold, answer.effects, replaced);
    // Another client of the same identity came in meanwhile, in the same wave, and took its place.
    if (!this.#sas.isListed(responderSpi)) {
      const up = this.#sas.established(responderSpi);
      if (up) effects.push(...this.#lifecycle.end(up, "replaced-by-newcomer", context.now));
    }
    return effects;
  }
}

/** IKE_AUTH may come in CREATE_CHILD_SA (draft-sheffer-ike-session-resumption-00, section 3.2). */
function mayPiggyback({ waitsFor, first: { keySource } }: Unproven): boolean {
  return waitsFor === "IKE_AUTH" && keySource.kind === "ticket" && piggybackRulesOf(keySource.profile) !== undefined;
}

function presentedIn(state: Unproven): PresentedTicket | undefined {
  return state.waitsFor === "EAP" ? undefined : state.presented;
}

const NOTHING_TOLD: readonly Effect[] = [];

function answerOf(
  state: Unproven,
  isIntermediate: boolean,
  message: Message,
  datagram: Datagram,
  context: ResponderContext,
): Step<AuthAnswer> {
  if (state.waitsFor === "EAP") return continueEap(state, message, datagram, context);
  if (state.waitsFor === "confirmation") return confirm(state, message, datagram, context);
  return isIntermediate ? respondToIntermediate(state, message, context) : respondToAuth(state, message, datagram, context);
}
