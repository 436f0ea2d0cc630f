/**
 * What limits a ticket: how long it may live (RFC 5723, section 6.2), and whether it has room in a response (section 4.1).
 *
 * @module
 */
import type { NotifyPayload, Payload } from "../../wire/payload.ts";
import type { IkeSuite } from "../ike_sa/suite.ts";
import { sealedLength } from "../message/protected_message.ts";
import { secondsUntil } from "../policy/reauthentication.ts";
import type { ResponderConfiguration } from "../policy/responder_configuration.ts";
import type { TicketSeries } from "../states/ticket_series.ts";
import type { Instant } from "../steps/instant.ts";

/** Limits of one ticket, on top of the configuration's. */
export interface TicketLimits {
  /** The tickets of this IKE SA so far. */
  readonly series: TicketSeries;
  /** Monotonic milliseconds by which the client has to prove itself anew (RFC 4478). */
  readonly reauthenticateByMs?: number;
  /** Monotonic milliseconds: when its IKE SA ends. */
  readonly endsAtMs?: number;
  /** Whether a ticket, granted by this notify, has room in the response; if not, it is to be asked for by INFORMATIONAL. */
  readonly fits?: (granted: NotifyPayload) => boolean;
}

/**
 * Whole seconds: the least of the configured lifetime, what is left to the IKE SA, and what is left until the client has to prove itself
 * anew. Always finite (RFC 5723, section 6.2); 0 or less when that moment has come.
 */
export function ticketLifetimeOf(
  { ticketLifetimeSeconds }: ResponderConfiguration,
  { reauthenticateByMs = Infinity, endsAtMs = Infinity }: Pick<TicketLimits, "reauthenticateByMs" | "endsAtMs">,
  now: Instant,
): number {
  return Math.min(ticketLifetimeSeconds, secondsUntil(Math.min(reauthenticateByMs, endsAtMs), now));
}

/** Whether a ticket has room beside the other payloads of a response, or none is set. */
export function roomBeside(
  { maximumResponseLength }: ResponderConfiguration,
  suite: IkeSuite,
  beside: readonly Payload[],
): TicketLimits["fits"] {
  return maximumResponseLength === undefined
    ? undefined
    : (granted) => sealedLength(suite, [...beside, granted]) <= maximumResponseLength;
}
