/**
 * Tickets taken back by command (RFC 5723, section 9.8).
 *
 * @module
 */
import { copyIdentity, type Identity, sameIdentity } from "../../ticket/identity.ts";
import { checkedKindOf } from "../../ticket/issued_ticket.ts";
import { RevokedIdentities } from "../../ticket/revoked_identities.ts";
import type { TicketItems } from "../../ticket/ticket_items.ts";
import { MAXIMUM_TICKET_LIFETIME_SECONDS } from "../../ticket/ticket_key_policy.ts";
import type { ResponderConfiguration } from "../policy/responder_configuration.ts";
import type { Effect } from "../states/effect.ts";
import { itemsOf } from "../states/ike_sa_entry.ts";
import type { IkeSaTable } from "../states/ike_sa_table.ts";
import type { Instant } from "../steps/instant.ts";
import type { Step } from "../steps/step.ts";
import { type IssuedTickets, takeBack } from "../tickets/issued_tickets.ts";
import { spisOf } from "./ike_sa_list.ts";
import type { IkeSaLife } from "./life.ts";

export class Revocation {
  readonly identities: RevokedIdentities = new RevokedIdentities();
  readonly #configuration: ResponderConfiguration;
  readonly #sas: IkeSaTable;
  readonly #lifecycle: IkeSaLife;
  readonly #issued: IssuedTickets;

  constructor(configuration: ResponderConfiguration, sas: IkeSaTable, lifecycle: IkeSaLife, issued: IssuedTickets) {
    this.#configuration = configuration;
    this.#sas = sas;
    this.#lifecycle = lifecycle;
    this.#issued = issued;
  }

  /**
   * A name does not tell when its ticket expires. It may have been issued by a longer lifetime than the one that is now in force, here before a restart
   * or by another gateway.
   *
   * @throws {RangeError} `ticketId` is no ticket's name.
   */
  *revokeTicket(ticketId: string, now: Instant, expiresAtEpochSeconds?: number): Step<Effect[]> {
    const kind = checkedKindOf(ticketId);
    this.#lifecycle.abandon(({ presented }) => presented?.ticketId === ticketId);
    const issuedAtEpochSeconds = Math.floor(now.epochSeconds);
    const name = { kind, ticketId, issuedAtEpochSeconds };
    return [
      yield* takeBack(
        expiresAtEpochSeconds === undefined
          ? { ...name, expiresAtEpochSeconds: issuedAtEpochSeconds + MAXIMUM_TICKET_LIFETIME_SECONDS, isExpiryUnknown: true }
          : { ...name, expiresAtEpochSeconds },
      ),
    ];
  }

  *revokeIdentity(identity: Identity, now: Instant): Step<Effect[]> {
    this.identities.add(copyIdentity(identity), this.#lastExpiry(now), now);
    const isTheirs = (initiatorId: Identity, { eapIdentity }: TicketItems) =>
      sameIdentity(initiatorId, identity) || eapIdentity !== undefined && sameIdentity(eapIdentity, identity);
    this.#lifecycle.abandon(({ presented }) =>
      presented !== undefined && isTheirs(presented.state.initiatorId, presented.state)
    );
    const effects: Effect[] = [];
    const spisOfTheirs = spisOf(this.#sas, (state) => isTheirs(state.initiatorId, itemsOf(state)));
    for (const spis of spisOfTheirs) effects.push(...yield* this.#issued.takeBackOf(spis));
    return effects;
  }

  /** No ticket that was issued so far by the lifetime that is now in force expires later, in seconds since 1970. */
  #lastExpiry({ epochSeconds }: Instant): number {
    return Math.floor(epochSeconds) + this.#configuration.ticketLifetimeSeconds;
  }
}
