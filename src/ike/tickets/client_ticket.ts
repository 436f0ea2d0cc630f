/**
 * Tickets of an IKE SA that is up, client's side (RFC 5723, sections 4.1, 4.2 and 6.2).
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import { type ClientTicket, concealed } from "../../ticket/client_ticket.ts";
import type { Identity } from "../../ticket/identity.ts";
import type { Payload } from "../../wire/payload.ts";
import { findNotify } from "../message/notify.ts";
import { decodeGatewayList } from "../profiles/gateway_list.ts";
import type { ResumptionProfile } from "../profiles/resumption_profile.ts";
import type { Effect } from "../states/effect.ts";
import type { Established, HeldTicket } from "../states/established.ts";
import type { Instant } from "../steps/instant.ts";

/** What a client wants of tickets. */
export interface ClientTicketPolicy {
  readonly profile: ResumptionProfile;
  /** Ask in IKE_AUTH, and when this end rekeys the IKE SA. */
  readonly requestTicket: boolean;
  /** Ask by INFORMATIONAL, without being told to, whenever there is no ticket that will last. */
  readonly keepTicketFresh: boolean;
  /** Between which two parts of its lifetime, each 0 to 1, a ticket is renewed; the moment is drawn at random. */
  readonly ticketRenewal: readonly [earliest: number, latest: number];
}

/** What came of a request for a ticket. */
export interface TicketAnswer {
  readonly answer: "ticket" | "ack" | "nack" | "none";
  /** The IKE SA, with the ticket that stands for it. */
  readonly next: Established;
  readonly effects: readonly Effect[];
}

/**
 * Takes what a response says to N(TICKET_REQUEST); to be called only where this end asked: a ticket that nobody asked for is not taken. An
 * earlier ticket of the same IKE SA stays good when no new one is granted.
 */
export function takeTicketAnswer(
  sa: Established,
  payloads: readonly Payload[],
  policy: ClientTicketPolicy,
  random: RandomSource,
  now: Instant,
): TicketAnswer {
  const { profile } = policy;
  const { notifies } = profile;
  const granted = notifies.granted(payloads);
  if (granted === undefined) {
    const answer = notifies.isAcknowledged(payloads) ? "ack" : notifies.isRefused(payloads) ? "nack" : "none";
    return { answer, next: sa, effects: [{ type: "ticket-not-granted", answer }] };
  }
  const { lifetimeSeconds } = granted;
  const expiresAtEpochSeconds = now.epochSeconds + lifetimeSeconds;
  const ticket = receivedTicket({
    ticket: granted.ticket.slice(),
    expiresAtEpochSeconds,
    initiatorId: sa.initiatorId,
    responderId: sa.responderId,
    authenticationMethod: sa.authentication.method,
    proposal: sa.suite.proposal,
    skD: sa.keys.skD.slice(),
    ...(profile.name === "rfc5723" ? {} : { profile: profile.name }),
    ...gatewaysOf(payloads, profile),
  });
  const renewAtMs = renewalOf(sa.ticket, expiresAtEpochSeconds, lifetimeSeconds, policy, random, now);
  return {
    answer: "ticket",
    next: { ...sa, ticket: { expiresAtEpochSeconds, renewAtMs } },
    effects: [{ type: "ticket-received", ticket }],
  };
}

/** A ticket as it is handed out: SK_d in it does not print. */
export function receivedTicket(ticket: ClientTicket): ClientTicket {
  return concealed(ticket);
}

/** What TICKET_GATEWAY_LIST says beside a ticket. It stood inside SK, so it is the gateway's own word. */
function gatewaysOf(
  payloads: readonly Payload[],
  { gatewayListType }: ResumptionProfile,
): { readonly gateways?: readonly Identity[] } {
  const list = gatewayListType === undefined ? undefined : findNotify(payloads, gatewayListType)?.data;
  const gateways = list && decodeGatewayList(list);
  return gateways?.length ? { gateways } : {};
}

/** Whether the client asks for a ticket unprompted, once an IKE SA is there that has none. */
export function asksUnprompted(policy: ClientTicketPolicy | undefined): boolean {
  return policy !== undefined && policy.requestTicket && policy.keepTicketFresh;
}

/**
 * When to ask for the next ticket. Clients that came up together, after their gateway's crash, would all ask at once: jitter keeps them
 * apart. A gateway whose new ticket ends with the old one, at a reauthentication, is not asked over and over.
 */
export function renewalOf(
  earlier: HeldTicket | undefined,
  expiresAtEpochSeconds: number,
  lifetimeSeconds: number,
  policy: ClientTicketPolicy,
  random: RandomSource,
  now: Instant,
): number | undefined {
  if (!asksUnprompted(policy)) return undefined;
  if (earlier && expiresAtEpochSeconds - earlier.expiresAtEpochSeconds < LEAST_GAIN_SECONDS) return undefined;
  const [earliest, latest] = policy.ticketRenewal;
  return now.monotonicMs + 1_000 * lifetimeSeconds * drawBetween(earliest, latest, random);
}

/** A renewal that puts the end off by less is the last one. */
const LEAST_GAIN_SECONDS = 1;

function drawBetween(least: number, most: number, random: RandomSource): number {
  const [high, low] = random(2);
  return least + (most - least) * (high << 8 | low) / 0xffff;
}
