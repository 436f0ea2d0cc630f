/**
 * What an IKE SA that comes up at the gateway is made of.
 *
 * @module
 */
import type { Identity } from "../../ticket/identity.ts";
import type { TicketItems } from "../../ticket/ticket_items.ts";
import type { ChildSa } from "../child_sa/child_sa.ts";
import type { IkeSaKeys } from "../ike_sa/ike_sa_keys.ts";
import type { SealCounter } from "../message/protection.ts";
import type { Path } from "../steps/datagram.ts";
import type { Effect } from "./effect.ts";
import type { LifeLimits } from "./established.ts";
import type { FirstExchange } from "./first_exchange.ts";
import type { Mobility } from "./mobility.ts";
import type { TicketSeries } from "./ticket_series.ts";

export interface ComingUp {
  readonly first: FirstExchange;
  readonly sealed: SealCounter;
  readonly keys: IkeSaKeys;
  /** Where the client is met from now on. */
  readonly path: Path;
  /** The octets by which the request is known when it comes again. Missing: the client has made no request on the IKE SA itself. */
  readonly lastRequest?: Uint8Array;
  /** The message ID of the next request. */
  readonly expectedId: number;
  /** Missing: the client has its answer. */
  readonly response?: Uint8Array;
  readonly client: {
    readonly initiatorId: Identity;
    readonly authenticationMethod: number;
    /** What its tickets are to tell of it. */
    readonly items: TicketItems;
  };
  readonly responderId: Identity;
  readonly resumed: boolean;
  readonly lifeLimits: LifeLimits;
  readonly reauthenticateByMs: number | undefined;
  readonly series: TicketSeries;
  readonly childSa: ChildSa | undefined;
  /** MOBIKE was agreed on. */
  readonly mobility?: Mobility;
  /** What is told of the Child SA and the ticket. */
  readonly told: readonly Effect[];
}
