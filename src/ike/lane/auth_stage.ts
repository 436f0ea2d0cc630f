/**
 * The lane's second stage: plain IKE_AUTH requests of a wave, after a resumption (RFC 5723, section 4.3.3). What `exchanges/ike_auth/` says of one
 * request, a column at a time of all: keys and messages in one call, proofs in one (`auth_proof.ts`), then policy, one claim of the store, and
 * answers sealed in one (`auth_answer.ts`).
 *
 * @module
 */
import type { Effect } from "../states/effect.ts";
import { RFC_5723 } from "../profiles/rfc5723.ts";
import { isTooLong } from "../states/responder_state.ts";
import type { Datagram } from "../steps/datagram.ts";
import { isThenable } from "../steps/hook_faults.ts";
import { ExchangeType } from "../../wire/constants.ts";
import { answerProven } from "./auth_answer.ts";
import { AuthConclusions } from "./auth_conclusions.ts";
import type { AuthMember, ProvenMember } from "./auth_member.ts";
import { openAuthRequests, proveClients } from "./auth_proof.ts";
import type { ChildOffers } from "./child_offers.ts";
import { type Used, useTickets } from "./auth_claims.ts";
import type { LaneContext } from "./lane_context.ts";
import { u64 } from "../../wire/numbers_in_place.ts";
import { isPlainAuthMessage } from "./plain_auth_request.ts";

const AUTH_HEADER = { exchangeType: ExchangeType.IKE_AUTH };

export class AuthStage {
  readonly #context: LaneContext;
  readonly #offers: ChildOffers;
  readonly #members: AuthMember[] = [];

  constructor(context: LaneContext, offers: ChildOffers) {
    this.#context = context;
    this.#offers = offers;
  }

  /** Takes in a datagram that is plain on the outside, on a half-open IKE SA that began with a ticket. */
  takes(datagram: Datagram, place: number): boolean {
    const { octets } = datagram;
    if (!isPlainAuthMessage(octets)) return false;
    const { configuration, sas, first } = this.#context;
    const responderSpi = u64(octets, 8);
    const state = sas.standingOf(responderSpi);
    // A step of it waits for policy.
    if (first.isInStep(responderSpi)) return false;
    if (state === undefined || state === "established") return false;
    if (state.waitsFor !== "IKE_AUTH" || state.presented === undefined || state.keys !== undefined) return false;
    if (
      state.first.followsRedirects && configuration.redirectClient ||
      state.first.keySource.kind !== "ticket" || state.first.keySource.profile !== RFC_5723 ||
      state.first.spis.initiatorSpi !== u64(octets, 0)
    ) return false;
    // What a store has kept of a ticket that is put off for its length would have to be deleted again.
    if (configuration.ticketKind === "reference" && configuration.maximumResponseLength !== undefined) return false;
    if (isTooLong({ octets, header: AUTH_HEADER }, configuration)) return false;
    first.hold(responderSpi);
    this.#members.push({ place, datagram, state, presented: state.presented, oldSkD: state.first.keySource.oldSkD });
    return true;
  }

  /**
   * Serves what was taken in; `answers` get the effects of each, at its place. What is not plain inside is put to `left`, before anything else has
   * happened to it. Waits only where a store does.
   */
  serve(answers: (readonly Effect[])[], left: number[]): void | Promise<void> {
    if (this.#members.length === 0) return;
    const conclusions = new AuthConclusions(this.#context, answers);
    const opened = openAuthRequests(this.#members, left, this.#offers, this.#context, conclusions);
    const proven = proveClients(opened, left, this.#context, conclusions);
    if (proven.length === 0) return conclusions.settle();
    const answer = (members: readonly ProvenMember[], used: readonly Used[]) =>
      answerProven(members, used, this.#offers, this.#context, conclusions);
    const served = useTickets(proven, this.#context, answer);
    return isThenable(served) ? served.then(() => conclusions.settle()) : conclusions.settle();
  }
}
