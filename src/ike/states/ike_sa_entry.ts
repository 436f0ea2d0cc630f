/**
 * One IKE SA as the table keeps it: half-open, under way, or idle.
 *
 * @module
 */
import type { IssuedTicket } from "../../ticket/issued_ticket.ts";
import type { TicketItems } from "../../ticket/ticket_items.ts";
import { NOBODY } from "../child_sa/identity_numbers.ts";
import type { SpiPair } from "../ike_sa/spi.ts";
import type { Timed } from "../queues/timer_heap.ts";
import { dueBesideSilence, dueOf, type Established, silentUntilMs } from "./established.ts";
import { IdleIkeSa } from "./idle/idle_ike_sa.ts";
import type { HalfOpenState, ResponderState } from "./responder_state.ts";

/** One IKE SA. There may be a million: what is added here is added that often. */
export class IkeSaEntry implements Timed {
  /** Nearly all are idle. Whoever asks for the state of one that is wakes it. */
  state: ResponderState | IdleIkeSa;
  /** Half-open IKE SAs have none here. A later deadline, as each message sets one, is put in when the old one is reached. */
  armedFor: number = Infinity;
  heapPosition: number = -1;
  /** The latest ticket of an established IKE SA, where its idle form does not keep it. */
  ticket: IssuedTicket | undefined;
  /** The number of the identity that its client has proven; {@link NOBODY}: it does not count as one of that identity's. */
  identity: number = NOBODY;

  constructor(state: ResponderState | IdleIkeSa) {
    this.state = state;
  }
}

/** Keeps the latest ticket of an established IKE SA. */
export function keepTicket(entry: IkeSaEntry, ticket: IssuedTicket): void {
  entry.ticket = entry.state instanceof IdleIkeSa && entry.state.keepTicket(ticket) ? undefined : ticket;
}

/** Takes the latest ticket of an established IKE SA, which has none from now on. */
export function takeTicket(entry: IkeSaEntry): IssuedTicket | undefined {
  const ticket = entry.ticket ?? (entry.state instanceof IdleIkeSa ? entry.state.takeTicket() : undefined);
  entry.ticket = undefined;
  return ticket;
}

export function isHalfOpen(state: ResponderState | IdleIkeSa): state is HalfOpenState {
  return !(state instanceof IdleIkeSa) && state.waitsFor !== "requests";
}

/** What the tickets of its client say, beside who it is. */
export function itemsOf(state: Established | IdleIkeSa): TicketItems {
  return state instanceof IdleIkeSa ? state.items : state.authentication.items;
}

/** Whether its client follows to another gateway, as it said itself. */
export function followsRedirects(state: ResponderState | IdleIkeSa | undefined): boolean {
  if (state instanceof IdleIkeSa) return state.followsRedirects;
  if (state === undefined || state.waitsFor === "repeated request") return false;
  return (state.waitsFor === "requests" ? state : state.first).followsRedirects === true;
}

/** When time has something to do for an IKE SA; `Infinity`: never. */
export function dueOfEntry({ state }: IkeSaEntry): number {
  if (state instanceof IdleIkeSa) return state.dueMs;
  return state.waitsFor === "requests" ? dueOf(state) ?? Infinity : Infinity;
}

/** The same, whatever its peer says or does not say. */
export function dueBesideSilenceOfEntry({ state }: IkeSaEntry): number {
  if (state instanceof IdleIkeSa) return state.dueBesideSilenceMs;
  return state.waitsFor === "requests" ? dueBesideSilence(state) : Infinity;
}

/** Until when the peer of an established IKE SA may be silent; `undefined`: it is not established. */
export function silentUntilOfEntry({ state }: IkeSaEntry): number | undefined {
  if (state instanceof IdleIkeSa) return state.silentUntilMs;
  return state.waitsFor === "requests" ? silentUntilMs(state) : undefined;
}

/** Whether it is the established IKE SA of both these SPIs. */
export function hasSpis(state: ResponderState | IdleIkeSa, spis: SpiPair): boolean {
  if (state instanceof IdleIkeSa) return state.has(spis);
  return state.waitsFor === "requests" && state.spis.initiatorSpi === spis.initiatorSpi &&
    state.spis.responderSpi === spis.responderSpi;
}

export function ownSpiOfEntry(state: ResponderState | IdleIkeSa, { initiatorSpi, responderSpi }: SpiPair): bigint {
  const isInitiator = state instanceof IdleIkeSa
    ? state.isInitiator
    : state.waitsFor === "requests" && state.role === "initiator";
  return isInitiator ? initiatorSpi : responderSpi;
}
