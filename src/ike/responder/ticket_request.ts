/**
 * The answer to N(TICKET_REQUEST) (RFC 5723, section 4.1).
 *
 * @module
 */
import { wipe } from "../../crypto/wipe.ts";
import { sealTicketRequest, ticketLength } from "../../ticket/ticket_by_value.ts";
import type { TicketState } from "../../ticket/ticket_state.ts";
import { NotifyType } from "../../wire/constants.ts";
import type { NotifyPayload, Payload } from "../../wire/payload.ts";
import type { Effect } from "../effect.ts";
import { findNotify, notify } from "../notify.ts";
import { sealTicket, type Step } from "../step.ts";
import type { ResponderContext } from "./state.ts";

/** Payloads for the response, and what they mean for this end. */
export interface Contribution {
  readonly payloads: readonly Payload[];
  readonly effects: readonly Effect[];
}

/** One answer to the request, and none without it. */
export function* answerTicketRequest(
  payloads: readonly Payload[],
  state: Omit<TicketState, "expiresAtEpochSeconds">,
  { configuration, random, now }: ResponderContext,
): Step<Contribution> {
  if (findNotify(payloads, NotifyType.TICKET_REQUEST) === undefined) return { payloads: [], effects: [] };
  if (!configuration.issueTickets) return { payloads: ticketRefusal(payloads), effects: [] };
  const lifetimeSeconds = configuration.ticketLifetimeSeconds;
  const expiresAtEpochSeconds = Math.floor(now.epochSeconds) + lifetimeSeconds;
  const request = sealTicketRequest({ ...state, expiresAtEpochSeconds }, configuration.ticketKeys, random);
  // No key may seal another one.
  if (request === undefined) return { payloads: ticketRefusal(payloads), effects: [] };
  // A ticket that this gateway would refuse for its length helps nobody: an identity decides the length, and the client its identity.
  if (ticketLength(request) > configuration.maximumTicketLength) {
    wipe(request.plaintext);
    return { payloads: ticketRefusal(payloads), effects: [] };
  }
  const ticket = yield* sealTicket(request);
  wipe(request.plaintext);
  const spis = { initiatorSpi: state.initiatorSpi, responderSpi: state.responderSpi };
  return { payloads: [ticketPayload(lifetimeSeconds, ticket)], effects: [{ type: "ticket-issued", spis, lifetimeSeconds }] };
}

/** A ticket that was asked for is refused in so many words, also beside an error. */
export function ticketRefusal(payloads: readonly Payload[]): NotifyPayload[] {
  return findNotify(payloads, NotifyType.TICKET_REQUEST) ? [notify(NotifyType.TICKET_NACK)] : [];
}

/** TICKET_LT_OPAQUE: four octets of lifetime in network order, then the ticket (RFC 5723, section 7.1). */
function ticketPayload(lifetimeSeconds: number, ticket: Uint8Array): NotifyPayload {
  const data = new Uint8Array(4 + ticket.length);
  new DataView(data.buffer).setUint32(0, lifetimeSeconds);
  data.set(ticket, 4);
  return notify(NotifyType.TICKET_LT_OPAQUE, data);
}
