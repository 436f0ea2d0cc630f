/**
 * How tickets are asked for, granted, refused and presented: the notifies of a profile, which the exchanges need not tell apart.
 *
 * @module
 */
import { passing } from "../../wire/octet_chunks.ts";
import type { NotifyPayload, Payload } from "../../wire/payload.ts";
import { findNotify, notify } from "../message/notify.ts";

/** A ticket as it was granted. */
export interface GrantedTicket {
  /** Seconds from now on, 32 bits unsigned. */
  readonly lifetimeSeconds: number;
  /** A view of the message. */
  readonly ticket: Uint8Array;
}

export interface TicketNotifies {
  /** The client asks for a ticket. */
  readonly request: NotifyPayload;
  /** The gateway cannot grant one now: the client may ask again. */
  readonly ack: NotifyPayload;
  /** The gateway grants none, or takes none of those that were presented. */
  readonly nack: NotifyPayload;
  /** The client takes part: its ticket, and for how long it is good, in seconds. */
  readonly present: (ticket: Uint8Array, lifetimeSeconds: number) => NotifyPayload;
  /** A ticket is granted; its octets are yet to be written into the zeros at the end. */
  readonly grant: (lifetimeSeconds: number, ticketLength: number) => NotifyPayload;
  readonly isRequested: (payloads: readonly Payload[]) => boolean;
  readonly isAcknowledged: (payloads: readonly Payload[]) => boolean;
  readonly isRefused: (payloads: readonly Payload[]) => boolean;
  /** The ticket that a gateway has granted. `undefined`: none, or nothing that could be one. */
  readonly granted: (payloads: readonly Payload[]) => GrantedTicket | undefined;
  /** The ticket that a client presents: a view of the message. What it says of its lifetime is not looked at. */
  readonly presented: (payloads: readonly Payload[]) => Uint8Array | undefined;
}

/** Octets of a lifetime before a ticket, in network order. */
export const LIFETIME_LENGTH = 4;

/** The numbers of notifies that each say one thing. */
export interface TicketNotifyTypes {
  readonly granted: number;
  readonly request: number;
  readonly ack: number;
  readonly nack: number;
  readonly presented: number;
}

/** @param presentsLifetime the lifetime stands before a ticket that is presented as well. */
export function separateNotifies(types: TicketNotifyTypes, presentsLifetime: boolean): TicketNotifies {
  const has = (type: number) => (payloads: readonly Payload[]) => findNotify(payloads, type) !== undefined;
  return {
    request: notify(types.request),
    ack: notify(types.ack),
    nack: notify(types.nack),
    present: (ticket, lifetimeSeconds) =>
      notify(types.presented, presentsLifetime ? withLifetime(lifetimeSeconds, ticket) : ticket),
    grant: (lifetimeSeconds, ticketLength) => notify(types.granted, lifetimeAndRoom(lifetimeSeconds, ticketLength)),
    isRequested: has(types.request),
    isAcknowledged: has(types.ack),
    isRefused: has(types.nack),
    granted: (payloads) => grantedIn(findNotify(payloads, types.granted)?.data),
    presented: (payloads) => {
      const data = findNotify(payloads, types.presented)?.data;
      return presentsLifetime ? grantedIn(data)?.ticket : data;
    },
  };
}

/** Lifetime and ticket. */
export function grantedIn(data: Uint8Array | undefined): GrantedTicket | undefined {
  if (data === undefined || data.length <= LIFETIME_LENGTH) return undefined;
  const lifetimeSeconds = new DataView(data.buffer, data.byteOffset).getUint32(0);
  return { lifetimeSeconds, ticket: data.subarray(LIFETIME_LENGTH) };
}

/** @param before octets that stay free before the lifetime. */
export function lifetimeAndRoom(lifetimeSeconds: number, ticketLength: number, before: number = 0): Uint8Array {
  const data = passing.take(before + LIFETIME_LENGTH + ticketLength);
  new DataView(data.buffer, data.byteOffset).setUint32(before, lifetimeSeconds);
  return data;
}

export function withLifetime(lifetimeSeconds: number, ticket: Uint8Array, before: number = 0): Uint8Array {
  const data = lifetimeAndRoom(lifetimeSeconds, ticket.length, before);
  data.set(ticket, before + LIFETIME_LENGTH);
  return data;
}
