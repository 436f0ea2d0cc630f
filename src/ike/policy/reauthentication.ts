/**
 * When a client has to prove itself anew (RFC 4478).
 *
 * @module
 */
import type { TicketState } from "../../ticket/ticket_state.ts";
import type { Instant } from "../steps/instant.ts";
import type { ResponderConfiguration } from "./responder_configuration.ts";

/**
 * When the client has to prove itself anew, in monotonic milliseconds. After a resumption that moment stays what it was, unless
 * policy says otherwise: it counts from the full exchange at the head of the chain of tickets. Where the ticket does not tell
 * of that, it has come.
 *
 * @param resumed what the ticket said; not given: the client has just proven itself.
 */
export function reauthenticationOf(
  { reauthenticationSeconds, resumptionReauthenticates }: ResponderConfiguration,
  now: Instant,
  resumed?: Pick<TicketState, "authenticatedAtEpochSeconds">,
): number | undefined {
  if (reauthenticationSeconds === undefined) return undefined;
  const { authenticatedAtEpochSeconds = -Infinity } = resumed && !resumptionReauthenticates
    ? resumed
    : { authenticatedAtEpochSeconds: now.epochSeconds };
  // A clock that was set back since gives no more time than there was.
  const passed = Math.min(Math.max(0, now.epochSeconds - authenticatedAtEpochSeconds), reauthenticationSeconds);
  return now.monotonicMs + 1_000 * (reauthenticationSeconds - passed);
}

/** Whole seconds until a moment; 0 or less once it has come. */
export function secondsUntil(atMs: number, now: Instant): number {
  return Math.floor((atMs - now.monotonicMs) / 1_000);
}
