/**
 * The last ticket of each IKE SA, to be taken back when the IKE SA is deleted, rekeyed, or given another one (RFC 5723,
 * sections 6.1, 6.2 and 9.8).
 *
 * @module
 */
import type { IssuedTicket } from "../../ticket/issued_ticket.ts";
import { isSamePair, type SpiPair } from "../ike_sa/spi.ts";
import type { ResponderConfiguration } from "../policy/responder_configuration.ts";
import type { DownReason, Effect } from "../states/effect.ts";
import type { IkeSaTable } from "../states/ike_sa_table.ts";
import type { Step } from "../steps/step.ts";
import { DepartedTickets } from "./departed_tickets.ts";
import { TicketCredentials } from "./ticket_credential.ts";
import { takeBackTicket } from "./ticket_kinds.ts";
import { TicketRates } from "./ticket_rates.ts";

/**
 * Reasons of an IKE SA's end that end its ticket too. A client that was sent a DELETE, or has sent one, does not come back by
 * that ticket (RFC 5723, section 6.2), nor does an IKE SA whose place another has taken: a client that says INITIAL_CONTACT
 * knows only the new one, and whoever presents a ticket of the old one is a thief (RFC 7296, section 2.4). A client that no
 * longer answers keeps its ticket, which is there to bring it back (RFC 5723, section 3: "the IKE SA times out through the
 * liveness test facility").
 */
const TAKES_TICKET_BACK: ReadonlySet<DownReason> = new Set([
  "deleted-by-peer",
  "deleted-by-us",
  "replaced-by-resumption",
  "lifetime-over",
  "not-reauthenticated",
  "initial-contact",
  "replaced-by-newcomer",
]);

/** Remembers one ticket for each IKE SA, with it. */
export class IssuedTickets {
  readonly #sas: IkeSaTable;
  /** Tickets of IKE SAs that are gone, until the effect is settled that tells so. */
  readonly #departed = new DepartedTickets();
  /** Tickets of IKE SAs that went without an effect that tells so. */
  readonly #orphans: IssuedTicket[] = [];
  /** How many tickets each identity was given lately. */
  readonly rates: TicketRates;
  /** What tickets tell of the shared keys that they came from. */
  readonly credentials: TicketCredentials;

  constructor(configuration: ResponderConfiguration, sas: IkeSaTable) {
    this.#sas = sas;
    this.rates = new TicketRates(configuration);
    this.credentials = new TicketCredentials(configuration);
  }

  /** An IKE SA is about to be forgotten. Where no effect tells so, its ticket is put aside, to be taken back. */
  forgetSa(spis: SpiPair, effects: readonly Effect[]): void {
    const ticket = this.#take(spis);
    if (ticket === undefined) return;
    if (effects.some((effect) => effect.type === "ike-sa-down" && isSamePair(effect.spis, spis))) {
      this.#departed.add(spis, ticket);
    } else this.#orphans.push(ticket);
  }

  /**
   * Remembers the tickets that a step has issued, and takes back those that its effects have made worthless.
   *
   * @param usedId The ticket that the step used: nothing is left of it to be taken back.
   * @returns the effects, and behind them what came of taking tickets back.
   */
  *settle(effects: Effect[], usedId?: string): Step<Effect[]> {
    const worthless = this.remember(effects, usedId);
    return worthless.length === 0 ? effects : yield* this.takeBack(worthless, effects);
  }

  /** Remembers the tickets that a step has issued, and gives those that its effects have made worthless: for {@link takeBack}. */
  remember(effects: readonly Effect[], usedId?: string): readonly IssuedTicket[] {
    let worthless: IssuedTicket[] | undefined;
    // Each by its own name: a later ticket of its series may be that of the IKE SA that stayed.
    if (this.#orphans.length > 0) worthless = this.#orphans.splice(0).map(withoutSeries);
    for (const effect of effects) {
      let ticket: IssuedTicket | undefined;
      switch (effect.type) {
        case "ticket-issued":
          ticket = this.#replace(effect.spis, effect.ticket);
          break;
        case "ike-sa-down":
          ticket = this.#take(effect.spis);
          if (ticket?.ticketId === usedId || !TAKES_TICKET_BACK.has(effect.reason)) ticket = undefined;
          break;
        case "ike-sa-rekeyed":
          ticket = this.#take(effect.spis);
          break;
      }
      if (ticket) (worthless ??= []).push(ticket);
    }
    return worthless ?? NONE;
  }

  /** @returns the effects, and behind them what came of taking tickets back. */
  *takeBack(worthless: readonly IssuedTicket[], effects: readonly Effect[]): Step<Effect[]> {
    const told = [...effects];
    for (const ticket of worthless) told.push(yield* takeBack(ticket));
    return told;
  }

  /** Takes back the ticket of an IKE SA that is about to be deleted, whether or not the client ever hears of that. */
  *takeBackOf(spis: SpiPair): Step<Effect[]> {
    const ticket = this.#take(spis);
    return ticket ? [yield* takeBack(ticket)] : [];
  }

  clear(): void {
    this.#departed.clear();
    this.#orphans.length = 0;
  }

  /** Remembers the latest ticket of an IKE SA, and gives the one before. */
  #replace(spis: SpiPair, ticket: IssuedTicket): IssuedTicket | undefined {
    const before = this.#sas.replaceTicket(spis, ticket);
    if (before !== "no such IKE SA") return before ?? this.#departed.take(spis);
    const departed = this.#departed.take(spis);
    this.#departed.add(spis, ticket);
    return departed;
  }

  #take(spis: SpiPair): IssuedTicket | undefined {
    return this.#departed.takeLast(spis) ?? this.#sas.takeTicket(spis) ?? this.#departed.take(spis);
  }
}

const NONE: readonly IssuedTicket[] = [];

/** Takes one ticket back. A store that fails must not hold up the answer that waits for this. */
export function* takeBack(ticket: IssuedTicket): Step<Effect> {
  const { kind, ticketId } = ticket;
  try {
    const kept = yield* takeBackTicket(ticket);
    return kept || kind === "reference" ? { type: "ticket-revoked", ticket } : { type: "ticket-not-revoked", ticketId };
  } catch (fault) {
    return { type: "ticket-not-revoked", ticketId, fault };
  }
}

function withoutSeries({ series: _, serial: __, ...ticket }: IssuedTicket): IssuedTicket {
  return ticket;
}
