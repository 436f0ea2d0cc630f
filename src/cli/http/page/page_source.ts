/**
 * What the page shows, asked of the gateway and the program around it.
 *
 * @module
 */
import type { IkeSaAdministration } from "../../../gateway/ike_sa_administration.ts";
import { ticketKeyName } from "../../../ticket/ticket_key.ts";
import type { TicketKeyRing } from "../../../ticket/ticket_key_ring.ts";
import { phaseOf, type TicketKeyPhase } from "../../../ticket/ticket_key_schedule.ts";
import type { EventObject } from "../../effect_event.ts";
import type { Observed } from "../metrics.ts";

export interface PageSource extends Pick<Observed, "counters" | "refusals" | "histograms" | "isStoreUp"> {
  readonly ticketKeyRing: Pick<TicketKeyRing, "keys">;
  readonly gateway: Pick<IkeSaAdministration, "ikeSas" | "terminate">;
  readonly about: PageAbout;
  /** What was done at the page stands among the events. */
  readonly tell: (event: EventObject) => void;
}

/** What does not change. */
export interface PageAbout {
  readonly version: string;
  readonly provider: string;
  readonly workers: number;
  /** Who the gateway says that it is. */
  readonly identity: string;
}

/** A ticket key, without its octets. */
export interface TicketKeyLine {
  readonly name: string;
  readonly phase: TicketKeyPhase;
  readonly algorithm: string;
  readonly made_s_ago: number;
}

export function ticketKeyLines({ keys }: PageSource["ticketKeyRing"], epochSeconds: number): readonly TicketKeyLine[] {
  return keys.map((key) => ({
    name: ticketKeyName(key.keyId),
    phase: phaseOf(key, keys, epochSeconds),
    algorithm: key.algorithm,
    made_s_ago: Math.max(0, Math.floor(epochSeconds - key.madeAtEpochSeconds)),
  }));
}
