/**
 * When a client has to prove itself anew (RFC 4478).
 *
 * @module
 */
import type { TicketState } from "../../ticket/ticket_state.ts";
import { NotifyType } from "../../wire/constants.ts";
import type { NotifyPayload } from "../../wire/payload.ts";
import { notify } from "../message/notify.ts";
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

/** N(AUTH_LIFETIME) for the last response of IKE_AUTH: how long until the client has to prove itself anew (RFC 4478, section 3). */
export function authLifetimePayloads(reauthenticateByMs: number | undefined, now: Instant): NotifyPayload[] {
  if (reauthenticateByMs === undefined) return [];
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, secondsUntil(reauthenticateByMs, now));
  return [notify(NotifyType.AUTH_LIFETIME, data)];
}

/** Whole seconds until a moment; 0 or less once it has come. */
export function secondsUntil(atMs: number, now: Instant): number {
  return Math.floor((atMs - now.monotonicMs) / 1_000);
}
