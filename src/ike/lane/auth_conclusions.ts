/**
 * The end of an IKE_AUTH request in the lane: what it makes of its IKE SA is the steps' to say (`responder/half_open_messages.ts`).
 *
 * @module
 */
import { decodeMessage } from "../../wire/message.ts";
import { NotifyType } from "../../wire/constants.ts";
import type { AuthAnswer } from "../exchanges/ike_auth/auth_answer.ts";
import { claimOf, refuseClaim } from "../exchanges/ike_auth/responder_refusal.ts";
import { wipeIkeSaKeys } from "../ike_sa/ike_sa_keys.ts";
import { notify } from "../message/notify.ts";
import type { ProtectionContext } from "../message/protected_message.ts";
import type { DownReason, Effect } from "../states/effect.ts";
import type { Step } from "../steps/step.ts";
import { atOnce, isolated, runWave } from "../steps/wave.ts";
import { type AuthMember, forget, type OpenedMember, type ProvenMember } from "./auth_member.ts";
import type { LaneContext } from "./lane_context.ts";

interface Settling {
  readonly member: AuthMember;
  readonly step: Step<readonly Effect[]>;
}

export class AuthConclusions {
  readonly #context: LaneContext;
  readonly #answers: (readonly Effect[])[];
  readonly #settling: Settling[] = [];

  constructor(context: LaneContext, answers: (readonly Effect[])[]) {
    this.#context = context;
    this.#answers = answers;
  }

  /** A fault has ended the request. Its half-open IKE SA stays as it was. */
  fail(member: AuthMember, fault: unknown): void {
    this.#end(member, this.#context.whenFaulty(fault));
  }

  /** The same, of one whose keys are in no state: they are made again when the request comes again. */
  failOpened(member: OpenedMember, fault: unknown): void {
    wipeIkeSaKeys(member.keys);
    this.fail(member, fault);
  }

  /** The same, of one for which more was made. */
  failProven(member: Pick<ProvenMember, "opened" | "inReturn" | "draft">, fault: unknown): void {
    forget(member);
    this.failOpened(member.opened, fault);
  }

  /** AUTHENTICATION_FAILED. Without a reason, because the client could not prove itself, or may not come in. */
  refuse(member: OpenedMember, reason?: DownReason): void {
    const { services } = this.#context;
    const { datagram: { octets }, initiatorId, request: { asksTicket } } = member;
    try {
      const message = decodeMessage(octets);
      if (!message.ok) throw new TypeError("lane: a plain message does not decode");
      const requested = asksTicket ? [notify(NotifyType.TICKET_REQUEST)] : [];
      const claim = claimOf("ticket", initiatorId);
      const { claim: told, ...refused } = atOnce(
        refuseClaim(message.value, protectionOf(member, this.#context), requested, claim, this.#context),
        services,
      );
      this.conclude(member, reason === undefined ? { ...refused, claim: told } : { ...refused, reason });
    } catch (fault) {
      this.fail(member, fault);
    }
  }

  /** No answer: the client sends the request again. */
  waitForStore(member: OpenedMember): void {
    const { state, keys } = member;
    this.conclude(member, { kind: "ignored", reason: "store-down", next: { ...state, keys } });
  }

  conclude(member: AuthMember, answer: AuthAnswer): void {
    const { halfOpen, issued } = this.#context;
    const { state, datagram } = member;
    try {
      const { effects, worthless } = halfOpen.conclude(state, answer, datagram, this.#context);
      if (worthless.length === 0) this.#end(member, effects);
      else this.#settling.push({ member, step: issued.takeBack(worthless, effects) });
    } catch (fault) {
      this.fail(member, fault);
    }
  }

  /** Takes back in the stores what conclusions have made worthless. */
  settle(): void | Promise<void> {
    if (this.#settling.length === 0) return;
    const { services, whenFaulty } = this.#context;
    const steps = this.#settling.map(({ step }) => isolated(step, whenFaulty));
    return runWave(steps, services).then((results) => {
      results.forEach((effects, index) => this.#end(this.#settling[index].member, effects));
    });
  }

  #end({ place, state }: AuthMember, effects: readonly Effect[]): void {
    const { first, sas } = this.#context;
    const { responderSpi } = state.first.spis;
    this.#answers[place] = effects;
    first.processed(responderSpi, sas.standingOf(responderSpi));
  }
}

/** What protects a member's answer. */
export function protectionOf({ state: { first, sealed }, keys }: OpenedMember, { random }: LaneContext): ProtectionContext {
  return { suite: first.suite, keys, role: "responder", sealed, random, fragments: first.fragments };
}
