/**
 * What limits a ticket: how long it may live (RFC 5723, section 6.2), and whether it has room in a response (section 4.1).
 *
 * @module
 */
import type { TicketState } from "../../ticket/ticket_state.ts";
import { NotifyType } from "../../wire/constants.ts";
import type { NotifyPayload, Payload } from "../../wire/payload.ts";
import type { IkeSuite } from "../ike_sa/suite.ts";
import { notify } from "../message/notify.ts";
import { sealedLength } from "../message/protected_message.ts";
import type { ResponderConfiguration } from "../policy/responder_configuration.ts";
import type { Instant } from "../steps/instant.ts";
import type { TicketSeries } from "./ticket_rates.ts";

/** Limits of one ticket, on top of the configuration's. */
export interface TicketLimits {
  /** The tickets of this IKE SA so far. */
  readonly series: TicketSeries;
  /** Monotonic milliseconds by which the client has to prove itself anew (RFC 4478). */
  readonly reauthenticateByMs?: number;
  /** Monotonic milliseconds: when its IKE SA ends. */
  readonly endsAtMs?: number;
  /** Whether a ticket of so many octets has room in the response; if not, it is to be asked for by INFORMATIONAL. */
  readonly fits?: (ticketLength: number) => boolean;
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

/**
 * When the client has to prove itself anew, in monotonic milliseconds. After a resumption that moment stays what it was, unless policy says
 * otherwise: it counts from the full exchange at the head of the chain of tickets, and has come where a ticket does not tell of that.
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

/** Whole seconds; 0 or less once a moment has come. */
export function secondsUntil(atMs: number, now: Instant): number {
  return Math.floor((atMs - now.monotonicMs) / 1_000);
}

/** Whether a ticket has room beside the other payloads of a response, or none is set. */
export function roomBeside(
  { maximumResponseLength }: ResponderConfiguration,
  suite: IkeSuite,
  beside: readonly Payload[],
): TicketLimits["fits"] {
  if (maximumResponseLength === undefined) return undefined;
  return (ticketLength) => {
    const granted = notify(NotifyType.TICKET_LT_OPAQUE, new Uint8Array(LIFETIME_LENGTH + ticketLength));
    return sealedLength(suite, [...beside, granted]) <= maximumResponseLength;
  };
}

const LIFETIME_LENGTH = 4;
