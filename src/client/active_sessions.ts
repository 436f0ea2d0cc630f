/**
 * Sessions of this process with each gateway, whichever `Client` they use: whether an IKE SA is the only one, and which one
 * another takes the place of.
 *
 * @module
 */
import { type ClientTicket, isSameTicket } from "../ticket/client_ticket.ts";

/** An IKE SA that is up, or an attempt at one. */
export interface ActiveSession {
  /** The latest ticket that stands for it. */
  readonly ticket: ClientTicket | undefined;
  /** An IKE SA that was established with that ticket has taken its place: it ends without a word to the gateway. */
  supersede(): void;
}

const active = new Map<string, Set<ActiveSession>>();

/** `name`: the gateway and the client's identity. */
export function enter(name: string, session: ActiveSession): void {
  const sessions = active.get(name) ?? new Set();
  active.set(name, sessions.add(session));
}

export function leave(name: string, session: ActiveSession): void {
  const sessions = active.get(name);
  sessions?.delete(session);
  if (sessions?.size === 0) active.delete(name);
}

/** Whether there is any session: INITIAL_CONTACT would end it. */
export function isAnyActive(name: string): boolean {
  return active.has(name);
}

/** Ends the session that the ticket stood for, now that another one was resumed with it (RFC 5723, section 4.3.4). */
export function supersedeBy(name: string, ticket: ClientTicket, successor: ActiveSession): void {
  for (const session of [...(active.get(name) ?? [])]) {
    if (session !== successor && session.ticket && isSameTicket(session.ticket, ticket)) session.supersede();
  }
}
