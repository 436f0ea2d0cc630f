/**
 * What the lane needs of its end, for one wave: what the exchanges need, and where their states are.
 *
 * @module
 */
import type { OctetChunks } from "../../wire/octet_chunks.ts";
import type { FirstMessages } from "../exchanges/first_messages.ts";
import type { ResponderContext } from "../exchanges/responder_context.ts";
import type { AnsweredLater } from "../policy/later_answers.ts";
import type { HalfOpenMessages } from "../responder/half_open_messages.ts";
import type { Effect } from "../states/effect.ts";
import type { IkeSaTable } from "../states/ike_sa_table.ts";
import type { WaveServices } from "../steps/wave.ts";

export interface LaneContext extends ResponderContext {
  readonly services: WaveServices;
  readonly first: FirstMessages;
  readonly halfOpen: HalfOpenMessages;
  /** What messages are cut from. */
  readonly messages: OctetChunks;
  readonly sas: IkeSaTable;
  /** A fault has ended what one datagram asked for: its effects. It must not throw. */
  readonly whenFaulty: (fault: unknown) => readonly Effect[];
}

/** In the place of the effects of a message to which nothing has happened, because policy answers later: the steps can wait for it. */
export interface LeftForLater extends ReadonlyArray<Effect> {
  readonly later: AnsweredLater;
}

export function leftForLater(later: AnsweredLater): LeftForLater {
  return Object.assign([], { later });
}

/** What policy answered later, where that is why nothing has happened. */
export function laterOf(effects: readonly Effect[]): AnsweredLater | undefined {
  return "later" in effects ? (effects as LeftForLater).later : undefined;
}
