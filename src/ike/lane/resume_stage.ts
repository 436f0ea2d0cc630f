/**
 * The lane's first stage: plain IKE_SESSION_RESUME requests of a wave (RFC 5723, section 4.3.2). What `exchanges/ike_session_resume/responder.ts`
 * says of one request, a column at a time of all: tickets opened in one call (`resume_opening.ts`), stores asked once, then policy, and the answers
 * (`resume_answer.ts`).
 *
 * @module
 */
import type { OpenRequest } from "../../crypto/provider.ts";
import { wipe } from "../../crypto/wipe.ts";
import { isTicketByReference } from "../../ticket/ticket_by_reference.ts";
import { openTicketRequest } from "../../ticket/ticket_by_value.ts";
import { ExchangeType } from "../../wire/constants.ts";
import type { Effect } from "../states/effect.ts";
import { isTooLong } from "../states/responder_state.ts";
import type { Datagram } from "../steps/datagram.ts";
import { isThenable } from "../steps/hook_faults.ts";
import type { TicketStanding } from "../steps/step.ts";
import { standingsOf } from "../steps/ticket_stores.ts";
import { ticketNameOf } from "../tickets/ticket_kinds.ts";
import type { LaneContext } from "./lane_context.ts";
import { plainResumeRequest } from "./plain_resume_request.ts";
import { answerPresenting, refuseTicket } from "./resume_answer.ts";
import { type NotOpened, openByReference, openByValue, type Presenting, type ResumeMember } from "./resume_opening.ts";

const RESUME_HEADER = { exchangeType: ExchangeType.IKE_SESSION_RESUME };

export class ResumeStage {
  readonly #context: LaneContext;
  readonly #byValue: (ResumeMember & { readonly opening: OpenRequest })[] = [];
  readonly #byReference: ResumeMember[] = [];

  constructor(context: LaneContext) {
    this.#context = context;
  }

  /** Takes in a datagram, if it is plain. What is, is decided here, before anything has happened. */
  takes(datagram: Datagram, place: number): boolean {
    const { configuration, first } = this.#context;
    const { octets } = datagram;
    const request = plainResumeRequest(octets);
    if (request === undefined || first.isResumptionAsked || isTooLong({ octets, header: RESUME_HEADER }, configuration)) {
      return false;
    }
    if (
      configuration.leavesTo !== undefined ||
      request.followsRedirects && (configuration.redirectFirst || configuration.redirectClient)
    ) {
      return false;
    }
    const ticket = octets.subarray(request.ticketStart, request.ticketEnd);
    if (ticket.length > configuration.maximumTicketLength) return false;
    const isByReference = isTicketByReference(ticket);
    const opening = isByReference ? undefined : openTicketRequest(ticket, configuration.ticketKeys);
    if (opening === undefined && !isByReference) return false;
    const hash = first.hashOf(octets);
    if (first.isRepeated(octets, hash)) return false;
    if (opening) this.#byValue.push({ place, datagram, request, hash, ticket, opening });
    else this.#byReference.push({ place, datagram, request, hash, ticket, opening });
    return true;
  }

  /** Serves what was taken in; `answers` get the effects of each, at its place. Waits only where a store does. */
  serve(answers: (readonly Effect[])[]): void | Promise<void> {
    const served = [this.#serveByValue(answers), this.#serveByReference(answers)].filter(isThenable);
    if (served.length > 0) return Promise.all(served).then(() => {});
  }

  #serveByValue(answers: (readonly Effect[])[]): void | Promise<void> {
    const members = this.#byValue;
    if (members.length === 0) return;
    const presenting = this.#answerOthers(members, openByValue(members, this.#context), answers);
    if (presenting.length === 0) return;
    const { services: { claims, revocations } } = this.#context;
    const whenDown = (fault: unknown) => {
      for (const { plaintext, member: { place } } of presenting) {
        wipe(plaintext);
        answers[place] = this.#context.whenFaulty(fault);
      }
    };
    try {
      const standings = standingsOf(presenting.map(({ presented }) => ticketNameOf(presented)), claims, revocations);
      if (!isThenable(standings)) return this.#answer(presenting, standings, answers);
      return standings.then((told) => this.#answer(presenting, told, answers), whenDown);
    } catch (fault) {
      whenDown(fault);
    }
  }

  /** A ticket that was used or revoked has lost its state, and did not open. */
  #serveByReference(answers: (readonly Effect[])[]): void | Promise<void> {
    const members = this.#byReference;
    if (members.length === 0) return;
    return openByReference(members, this.#context).then((opened) => {
      const presenting = this.#answerOthers(members, opened, answers);
      this.#answer(presenting, presenting.map(() => "good"), answers);
    });
  }

  /** Answers those whose tickets are no good. */
  #answerOthers(
    members: readonly ResumeMember[],
    opened: readonly (Presenting | NotOpened)[],
    answers: (readonly Effect[])[],
  ): Presenting[] {
    const presenting: Presenting[] = [];
    for (let index = 0; index < members.length; index++) {
      const { place, datagram } = members[index];
      const one = opened[index];
      if ("presented" in one) presenting.push(one);
      else answers[place] = "ended" in one ? this.#context.whenFaulty(one.ended) : refuseTicket(datagram, one, this.#context);
    }
    return presenting;
  }

  #answer(presenting: readonly Presenting[], standings: readonly TicketStanding[], answers: (readonly Effect[])[]): void {
    for (let index = 0; index < presenting.length; index++) {
      answers[presenting[index].member.place] = answerPresenting(presenting[index], standings[index], this.#context);
    }
  }
}
