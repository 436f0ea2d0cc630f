/**
 * Administration of a gateway's IKE SAs, each named by its SPIs: ending one, rekeying it, asking for a sign of life.
 *
 * @module
 */
import { type ChildOrder, orderChildSa } from "../exchanges/create_child_sa/child_orders.ts";
import type { EstablishedContext } from "../exchanges/established_context.ts";
import { sendRequest } from "../exchanges/requests.ts";
import type { SpiPair } from "../ike_sa/spi.ts";
import { type Identity, identityKey } from "../../ticket/identity.ts";
import type { NewsOfWorkers } from "../policy/other_workers.ts";
import type { Effect } from "../states/effect.ts";
import type { RequestPurpose } from "../states/established.ts";
import type { IkeSaTable } from "../states/ike_sa_table.ts";
import type { Instant } from "../steps/instant.ts";
import type { Step } from "../steps/step.ts";
import type { IssuedTickets } from "../tickets/issued_tickets.ts";
import type { Admission } from "./admission.ts";
import type { IkeSaList } from "./ike_sa_list.ts";
import type { IkeSaLife } from "./life.ts";
import type { IkeSaTimers } from "./timers.ts";

/** Nothing happens when no IKE SA has the SPIs. */
export class Administration {
  readonly #sas: IkeSaTable;
  readonly #lifecycle: IkeSaLife;
  readonly #timers: IkeSaTimers;
  readonly #issued: IssuedTickets;
  readonly #admission: Admission;
  /** Those that are up, for who looks at them. */
  readonly list: IkeSaList;
  readonly #contextAt: (now: Instant) => EstablishedContext;

  constructor(
    sas: IkeSaTable,
    lifecycle: IkeSaLife,
    timers: IkeSaTimers,
    issued: IssuedTickets,
    admission: Admission,
    list: IkeSaList,
    contextAt: (now: Instant) => EstablishedContext,
  ) {
    this.#sas = sas;
    this.#lifecycle = lifecycle;
    this.#timers = timers;
    this.#issued = issued;
    this.#admission = admission;
    this.list = list;
    this.#contextAt = contextAt;
  }

  *close(spis: SpiPair, now: Instant): Step<Effect[]> {
    // A client that is not there to hear of it must not come back by its ticket.
    const effects = this.#sas.ownSpiOf(spis) !== undefined ? yield* this.#issued.takeBackOf(spis) : [];
    return [...effects, ...yield* this.#request(spis, "delete", now)];
  }

  *checkLiveness(spis: SpiPair, now: Instant): Step<Effect[]> {
    const state = this.#sas.find(spis);
    if (state === undefined) return [];
    return yield* this.#issued.settle(yield* this.#timers.check(state, now, this.#contextAt(now)));
  }

  *rekey(spis: SpiPair, now: Instant): Step<Effect[]> {
    return yield* this.#request(spis, "rekey", now);
  }

  /** They are told as soon as the pace allows. */
  *redirect(who: Identity | "all", to: string, now: Instant): Step<Effect[]> {
    const ownSpis = who === "all" ? this.#sas.identities.all() : this.#sas.identities.of(identityKey(who));
    // Others would only take the turns of those that follow.
    for (const ownSpi of ownSpis) {
      if (this.#sas.followsRedirects(ownSpi)) this.#timers.redirections.add(ownSpi, to);
    }
    return yield* this.#issued.settle(yield* this.#timers.serve(now, this.#contextAt(now)));
  }

  *orderChildSa(spis: SpiPair, order: ChildOrder, now: Instant): Step<Effect[]> {
    const state = this.#sas.find(spis);
    if (state === undefined) return [];
    return yield* this.#issued.settle(
      this.#lifecycle.apply(state, yield* orderChildSa(state, order, now, this.#contextAt(now))),
    );
  }

  /** Other workers took clients back by tickets of these IKE SAs (RFC 5723, section 4.3.4), or let some in alone of their identity. */
  *heardOfOthers(news: NewsOfWorkers, now: Instant): Step<Effect[]> {
    const effects: Effect[] = [];
    for (const { spis, ticketId } of news.resumed) {
      effects.push(...yield* this.#issued.settle(this.#lifecycle.replaceHere(spis), ticketId));
    }
    this.#admission.replaced(news, now);
    return [...effects, ...yield* this.#issued.settle([...this.#admission.takeUntold()])];
  }

  *#request(spis: SpiPair, purpose: RequestPurpose, now: Instant): Step<Effect[]> {
    const state = this.#sas.find(spis);
    if (state === undefined) return [];
    return yield* this.#issued.settle(
      this.#lifecycle.apply(state, yield* sendRequest(state, purpose, now, this.#contextAt(now))),
    );
  }
}
