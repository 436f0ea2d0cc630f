/**
 * A ticket as its gateway remembers it: by the name under which it can be taken back.
 *
 * @module
 */
import { REFERENCE_LENGTH } from "./ticket_by_reference.ts";
import type { TicketName } from "./ticket_name.ts";

/** `value`: the state travels in the ticket; `reference`: it stays in a store, and the ticket names it (RFC 5723, section 3). */
export type TicketKind = "value" | "reference";

/** `ticketId`, by value: key identity and IV in hexadecimal; by reference: the reference in hexadecimal. No secret. */
export interface IssuedTicket extends TicketName {
  /** By value or by reference (RFC 5723, section 4.2). */
  readonly kind: TicketKind;
}

const REFERENCE_DIGITS = 2 * REFERENCE_LENGTH;
/** Key identities have 8 octets, and the IVs of ticket keys 8 to 16; with 8, a name would look like a reference. */
const LEAST_VALUE_DIGITS = REFERENCE_DIGITS + 2;
const MOST_VALUE_DIGITS = 2 * (8 + 16);

/** The kind of the ticket that a name is of: the two differ in length. `undefined`: it is no ticket's name. */
export function kindOfTicketId(ticketId: string): TicketKind | undefined {
  if (ticketId.length % 2 !== 0 || !/^[0-9a-f]+$/.test(ticketId)) return undefined;
  if (ticketId.length === REFERENCE_DIGITS) return "reference";
  return ticketId.length >= LEAST_VALUE_DIGITS && ticketId.length <= MOST_VALUE_DIGITS ? "value" : undefined;
}

/**
 * As {@link kindOfTicketId}, for a name that has to be a ticket's.
 *
 * @throws {RangeError} it is no ticket's name.
 */
export function checkedKindOf(ticketId: string): TicketKind {
  const kind = kindOfTicketId(ticketId);
  if (kind !== undefined) return kind;
  throw new RangeError("ticketId: expected the hexadecimal digits of a ticket's name, 32 by reference and 34 to 48 by value");
}
