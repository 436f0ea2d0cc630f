/**
 * Tickets of a gateway, got as clients get them: for those who alter them, and for those who present them again.
 *
 * @module
 */
import type { ClientTicket } from "../../ticket/client_ticket.ts";
import type { FleetOptions } from "../fleet_sockets.ts";
import { NoTicketError } from "./no_ticket_error.ts";
import { type Presented, TicketHolders } from "../ticket_holders.ts";

export interface TicketSamples {
  /** Never presented. */
  readonly good: readonly Uint8Array[];
  /** Presented once, and taken. */
  readonly used: readonly Uint8Array[];
}

/** @throws {NoTicketError} the gateway gives none, or takes none back */
export async function ticketSamples(options: FleetOptions): Promise<TicketSamples> {
  const holders = await TicketHolders.open(options);
  try {
    const good: Uint8Array[] = [];
    const used: Uint8Array[] = [];
    for (let client = 0; client < options.clients; client++) {
      const first = ticketOf(await holders.present(client, undefined));
      const next = ticketOf(await holders.present(client, first));
      used.push(first.ticket.slice());
      good.push(next.ticket.slice());
    }
    return { good, used };
  } finally {
    await holders.close();
  }
}

function ticketOf(presented: Presented): ClientTicket {
  if (presented.end === "up" && presented.ticket !== undefined) return presented.ticket;
  const why = presented.end === "up" || presented.end === "interrupted" ? "it gave none" : presented.reason;
  throw new NoTicketError(`hostile traffic with tickets: the gateway's own are needed, and cannot be had: ${why}`);
}
