/**
 * The resumption lane: plain RFC 5723 resumption, a whole wave a column at a time. See ARCHITECTURE.md, "The resumption lane".
 *
 * @module
 */
import { OctetChunks } from "../../wire/octet_chunks.ts";
import { AnsweredLater } from "../policy/later_answers.ts";
import type { ResponderConfiguration } from "../policy/responder_configuration.ts";
import { RFC_5723 } from "../profiles/rfc5723.ts";
import type { Effect } from "../states/effect.ts";
import type { Datagram } from "../steps/datagram.ts";
import { isThenable } from "../steps/hook_faults.ts";
import { type LaneContext, leftForLater } from "./lane_context.ts";
import { AuthStage } from "./auth_stage.ts";
import { ChildOffers } from "./child_offers.ts";
import { ResumeStage } from "./resume_stage.ts";

/** What became of a wave in the lane. */
export interface LaneAnswers {
  /** The places of those that are not plain: nothing has happened to them, and the steps serve them. */
  readonly left: readonly number[];
  /** The effects of each of the others, at its place. A promise only where a store answers later. */
  readonly answers: readonly (readonly Effect[])[] | Promise<readonly (readonly Effect[])[]>;
}

/** How long the lane leaves everything to the steps once policy has answered later, in milliseconds: half of its work would be done twice. */
const REST_MS = 1_000;

/** The lane of one gateway. */
export class ResumptionLane {
  #restsUntilMs = -Infinity;
  readonly #offers: ChildOffers;
  readonly #messages = new OctetChunks();
  /** Other forms of resumption are for the steps. */
  readonly #isServed: boolean;

  constructor(configuration: ResponderConfiguration) {
    this.#isServed = configuration.profiles.includes(RFC_5723);
    this.#offers = new ChildOffers(configuration);
  }

  /**
   * Serves what is plain among datagrams of which no two are on one IKE SA.
   * Where policy answers later, `LeftForLater` stands in the place of the effects.
   */
  serve(datagrams: readonly Datagram[], given: Omit<LaneContext, "messages">): LaneAnswers {
    if (!this.#isServed || given.now.monotonicMs < this.#restsUntilMs) return { left: [...datagrams.keys()], answers: [] };
    try {
      given.configuration.ticketKeys.advance(given.now.epochSeconds);
    } catch {
      // The same happens to each step, which tells of it.
      return { left: [...datagrams.keys()], answers: [] };
    }
    const whenFaulty = (fault: unknown) => {
      if (!(fault instanceof AnsweredLater)) return given.whenFaulty(fault);
      this.#restsUntilMs = given.now.monotonicMs + REST_MS;
      return leftForLater(fault);
    };
    const context = { ...given, whenFaulty, messages: this.#messages };
    const left: number[] = [];
    const answers: (readonly Effect[])[] = [];
    const proofs = new AuthStage(context, this.#offers);
    const resumptions = new ResumeStage(context);
    for (let place = 0; place < datagrams.length; place++) {
      const datagram = datagrams[place];
      try {
        if (proofs.takes(datagram, place) || resumptions.takes(datagram, place)) continue;
      } catch {
        // Ticket keys that cannot be had, for example: the same happens to its step, which tells of it.
      }
      left.push(place);
    }
    // Those that come up first: they leave the half-open ones, and make room.
    const served = [proofs.serve(answers, left), resumptions.serve(answers)].filter(isThenable);
    left.sort((one, other) => one - other);
    return { left, answers: served.length > 0 ? Promise.all(served).then(() => answers) : answers };
  }
}
