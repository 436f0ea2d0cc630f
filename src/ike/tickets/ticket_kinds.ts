/**
 * The two kinds of tickets, so that the exchanges need not know which one they have: by value (RFC 5723, appendix A.1) and by
 * reference (appendix A.2). What is issued is a matter of configuration; both kinds are opened at any time.
 *
 * @module
 */
import { wipe } from "../../crypto/wipe.ts";
import { identityNumber } from "../../ticket/identity.ts";
import type { IssuedTicket } from "../../ticket/issued_ticket.ts";
import {
  decodeReferencePart,
  earlierMacKeyRequest,
  encodeReferencePart,
  isOfEarlierVersion,
  isTicketByReference,
  joinTicket,
  keyOfTicketByReference,
  macRequest,
  REFERENCE_LENGTH,
  referenceName,
  referenceOctets,
  verifyTicketRequest,
} from "../../ticket/ticket_by_reference.ts";
import { keyOf, openTicketRequest, ticketIdOf, withoutPadding } from "../../ticket/ticket_by_value.ts";
import { STANDARD_FORMAT, type TicketFormat } from "../../ticket/ticket_format.ts";
import { OpenedState } from "../../ticket/opened_state.ts";
import type { TicketKey } from "../../ticket/ticket_key.ts";
import { usesOf } from "../../ticket/ticket_key_uses.ts";
import type { TicketName } from "../../ticket/ticket_name.ts";
import { decodeTicketState, encodeTicketState, type TicketState } from "../../ticket/ticket_state.ts";
import type { LoadedState, StoredTicket } from "../../ticket/ticket_state_store.ts";
import type { PresentedTicket } from "../states/responder_state.ts";
import {
  type ClaimRequest,
  claimTicket,
  deleteTicket,
  loadTicket,
  openTicket,
  prf,
  type ReplaceResult,
  replaceTicket,
  revokeTicket,
  type Step,
  storeTicket,
  ticketStanding,
  verifyMac,
} from "../steps/step.ts";
import type { TicketContext } from "./ticket_context.ts";

/** Why a ticket is refused: for counters, since the peer is told only that it is (RFC 5723, section 9.2). */
export interface TicketRefusal {
  readonly reason: string;
  /** What a store threw, if that is why. */
  readonly fault?: unknown;
}

/** A ticket of either kind whose octets are authentic, and whose state could be read. */
export interface OpenedTicket extends PresentedTicket {
  /** The octets that `state` is a view of: to be wiped when the ticket is refused after all. */
  readonly plaintext: Uint8Array;
}

/** Opens a presented ticket of either kind. */
export function openPresentedTicket(
  ticket: Uint8Array,
  format: TicketFormat,
  context: TicketContext,
): Step<OpenedTicket | TicketRefusal> {
  return isTicketByReference(ticket) ? openByReference(ticket, format, context) : openByValue(ticket, format, context);
}

function* openByValue(
  ticket: Uint8Array,
  format: TicketFormat,
  { configuration }: TicketContext,
): Step<OpenedTicket | TicketRefusal> {
  const request = openTicketRequest(ticket, configuration.ticketKeys, format);
  if (request === undefined) return { reason: "not-authentic" };
  const plaintext = yield* openTicket(request);
  if (plaintext === undefined) return { reason: "not-authentic" };
  const content = withoutPadding(request, plaintext);
  const state = content && decodeTicketState(content, format.saysMethod);
  const ticketKey = keyOf(ticket, configuration.ticketKeys, format);
  if (state && ticketKey) return { kind: "value", ticketId: ticketIdOf(ticket, format), state, ticketKey, plaintext };
  wipe(plaintext);
  return { reason: "unknown-content" };
}

/** The MAC comes first: before it is found right, no store is asked, and nothing in the ticket is looked at (RFC 5723, section 6.1). */
function* openByReference(
  ticket: Uint8Array,
  format: TicketFormat,
  { configuration, now, spentTickets }: TicketContext,
): Step<OpenedTicket | TicketRefusal> {
  const key = keyOfTicketByReference(ticket, configuration.ticketKeys);
  if (key === undefined) return { reason: "not-authentic" };
  const authentic = isOfEarlierVersion(ticket)
    ? format === STANDARD_FORMAT && (yield* hasEarlierMac(ticket, key))
    : yield* verifyMac(verifyTicketRequest(ticket, usesOf(key, format.name).byReference));
  if (!authentic) return { reason: "not-authentic" };
  const reference = decodeReferencePart(ticket);
  if (now.epochSeconds >= reference.expiresAtEpochSeconds) return { reason: "expired" };
  const ticketId = referenceName(reference);
  const spent = spentTickets.reasonOf(ticketId, now.monotonicMs);
  if (spent) return { reason: spent };
  let plaintext: LoadedState;
  try {
    plaintext = yield* loadTicket(ticketId);
  } catch (fault) {
    return { reason: "store-down", fault };
  }
  if (plaintext === "unknown") return { reason: "store-down" };
  // Used, deleted with its IKE SA, or revoked: the store does not tell which.
  if (plaintext === undefined) {
    spentTickets.add(ticketId, "no-state", now.monotonicMs);
    return { reason: "no-state" };
  }
  const state = decodeTicketState(plaintext);
  // A store deserves less trust than a seal: a state that was wiped or changed there must give nobody keys.
  const isWhole = state?.expiresAtEpochSeconds === reference.expiresAtEpochSeconds && state.skD.some((octet) => octet !== 0);
  if (state && isWhole) return { kind: "reference", ticketId, state, ticketKey: key, plaintext };
  wipe(plaintext);
  return { reason: "unknown-content" };
}

function* hasEarlierMac(ticket: Uint8Array, key: TicketKey): Step<boolean> {
  const macKey = yield* prf(earlierMacKeyRequest(key));
  const authentic = yield* verifyMac(verifyTicketRequest(ticket, macKey));
  wipe(macKey);
  return authentic;
}

/**
 * Whether a ticket that opened was used or revoked. A used or revoked ticket by reference has lost its state, and did not open.
 * Throws what the stores of used and revoked tickets throw.
 */
export function* refusalOfUsed(
  { kind, ticketId, state }: PresentedTicket,
  { now, spentTickets }: TicketContext,
): Step<TicketRefusal | undefined> {
  if (kind === "reference") return undefined;
  const spent = spentTickets.reasonOf(ticketId, now.monotonicMs);
  if (spent) return { reason: spent };
  const standing = yield* ticketStanding(ticketNameOf({ ticketId, state }));
  if (standing === "good") return undefined;
  if (standing !== "store-down") spentTickets.add(ticketId, standing, now.monotonicMs);
  return { reason: standing };
}

/** What a store is to keep for a new ticket by reference. Its octets are to be wiped once it is kept. */
export function stateToStore(state: TicketState, { random }: TicketContext): StoredTicket {
  const { expiresAtEpochSeconds } = state;
  const reference = referenceName({ reference: random(REFERENCE_LENGTH), expiresAtEpochSeconds });
  return { reference, state: encodeTicketState(state), expiresAtEpochSeconds };
}

/** The ticket that names a stored state. */
export function* ticketOf(
  { reference, expiresAtEpochSeconds }: StoredTicket,
  key: TicketKey,
  { name }: TicketFormat,
): Step<Uint8Array> {
  const part = encodeReferencePart({ reference: referenceOctets(reference), expiresAtEpochSeconds }, key.keyId);
  return joinTicket(part, yield* prf(macRequest(part, key, name)));
}

/** Keeps a state. A store that fails has kept nothing; a client need not know more. */
export function* keepState(state: StoredTicket): Step<boolean> {
  try {
    return yield* storeTicket(state);
  } catch {
    return false;
  }
}

/**
 * Uses a ticket, once and for all: of two IKE SAs in the making, the one that claimed it, or deleted its state, wins. `next` is
 * kept in the same round trip of the store, if it can be.
 *
 * Where the answer is that it cannot be told, an IKE SA may ask again: of a ticket by value, `claimant` says that it is the same one.
 *
 * Throws what the store throws: then the ticket counts as not used, and nothing may be established with it.
 */
export function* useTicket(
  { kind, ticketId, state }: PresentedTicket,
  next: StoredTicket | undefined,
  claimant: bigint,
): Step<ReplaceResult> {
  if (kind === "value") {
    const used = yield* claimTicket(claimRequestOf({ ticketId, state }, claimant));
    return { used, kept: used === true && next !== undefined && (yield* keepState(next)) };
  }
  const result = yield* replaceTicket({ usedReference: ticketId, next });
  if (!result.used && result.kept && next) yield* forgetState(next.reference);
  return result;
}

/** Takes a ticket back: by value it is entered into the Invalid Ticket List, by reference its state is deleted. */
export function* takeBackTicket({ kind, ...name }: IssuedTicket): Step<boolean> {
  return kind === "value" ? yield* revokeTicket(name) : (yield* deleteTicket(name.ticketId)) === true;
}

/** The name under which a ticket of this state is used and taken back. */
export function ticketNameOf({ ticketId, state }: Pick<PresentedTicket, "ticketId" | "state">): TicketName {
  const { expiresAtEpochSeconds, issue } = state;
  const owner = ownerOf(state);
  if (issue === undefined) return { ticketId, expiresAtEpochSeconds, owner };
  const { series, serial, issuedAtEpochSeconds } = issue;
  return { ticketId, expiresAtEpochSeconds, owner, series, serial, issuedAtEpochSeconds };
}

/** That name, claimed for an IKE SA. */
export function claimRequestOf(
  { ticketId, state }: Pick<PresentedTicket, "ticketId" | "state">,
  claimant: bigint,
): ClaimRequest {
  const { expiresAtEpochSeconds, issue } = state;
  const owner = ownerOf(state);
  if (issue === undefined) return { ticketId, expiresAtEpochSeconds, owner, claimant };
  const { series, serial, issuedAtEpochSeconds } = issue;
  // Written out: one is made in every resumption.
  return { ticketId, expiresAtEpochSeconds, owner, series, serial, issuedAtEpochSeconds, claimant };
}

/** Whose a ticket is, among {@link TicketName.owner}: whom EAP authenticated, where it did. */
export function ownerOf(state: Pick<TicketState, "eapIdentity" | "initiatorId">): number {
  return state instanceof OpenedState ? state.owner : identityNumber(state.eapIdentity ?? state.initiatorId);
}

/** Deletes a state for which nobody was given a ticket; if the store fails now, the state expires there. */
export function* forgetState(reference: string): Step<void> {
  try {
    yield* deleteTicket(reference);
  } catch {
    // Nobody knows the reference.
  }
}
