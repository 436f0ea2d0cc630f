/**
 * What limits a ticket: how long it may live (RFC 5723, section 6.2), and whether it has room in a response (section 4.1).
 *
 * @module
 */
import { NotifyType } from "../../wire/constants.ts";
import type { NotifyPayload, Payload } from "../../wire/payload.ts";
import type { Instant } from "../instant.ts";
import { notify } from "../notify.ts";
import { sealedLength } from "../protected_message.ts";
import type { ResponderConfiguration } from "../responder_configuration.ts";
import type { IkeSuite } from "../suite.ts";
import type { TicketSeries } from "./ticket_series.ts";

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
  const left = Math.floor((Math.min(reauthenticateByMs, endsAtMs) - now.monotonicMs) / 1_000);
  return Math.min(ticketLifetimeSeconds, left);
}

/** When the client has to prove itself anew, in monotonic milliseconds, if it has just done so. */
export function reauthenticationOf({ reauthenticationSeconds }: ResponderConfiguration, now: Instant): number | undefined {
  return reauthenticationSeconds === undefined ? undefined : now.monotonicMs + 1_000 * reauthenticationSeconds;
}

/** N(AUTH_LIFETIME) for the last response of IKE_AUTH, where the client has to prove itself anew (RFC 4478, section 3). */
export function authLifetimePayloads({ reauthenticationSeconds }: ResponderConfiguration): NotifyPayload[] {
  if (reauthenticationSeconds === undefined) return [];
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, reauthenticationSeconds);
  return [notify(NotifyType.AUTH_LIFETIME, data)];
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
