/**
 * A client's tickets in memory: gone with the process.
 *
 * @module
 */
import { wipe } from "../crypto/wipe.ts";
import { type ClientTicket, copyOfTicket } from "../ticket/client_ticket.ts";
import { type ClientTicketKey, type ClientTicketStore, isUsable } from "../ticket/client_ticket_store.ts";
import { type Identity, identityKey, sameIdentity } from "../ticket/identity.ts";

interface Kept {
  readonly key: ClientTicketKey;
  readonly ticket: ClientTicket;
}

export class MemoryClientTickets implements ClientTicketStore {
  readonly #kept = new Map<string, Kept>();

  load(key: ClientTicketKey, nowEpochSeconds: number): Promise<ClientTicket | undefined> {
    const ticket = this.#kept.get(nameOf(key))?.ticket;
    if (ticket && isUsable(ticket, nowEpochSeconds)) return Promise.resolve(copyOfTicket(ticket));
    this.#forget(nameOf(key));
    return Promise.resolve(undefined);
  }

  save(key: ClientTicketKey, ticket: ClientTicket): Promise<void> {
    const copy = copyOfTicket(ticket);
    this.#forget(nameOf(key));
    this.#kept.set(nameOf(key), { key, ticket: copy });
    return Promise.resolve();
  }

  remove(key: ClientTicketKey): Promise<void> {
    this.#forget(nameOf(key));
    return Promise.resolve();
  }

  removeAllOf(identity: Identity): Promise<void> {
    for (const [name, { key }] of this.#kept) {
      if (sameIdentity(key.identity, identity)) this.#forget(name);
    }
    return Promise.resolve();
  }

  #forget(name: string): void {
    const kept = this.#kept.get(name);
    if (kept) wipe(kept.ticket.skD);
    this.#kept.delete(name);
  }
}

function nameOf({ gateway, identity }: ClientTicketKey): string {
  return JSON.stringify([gateway, identityKey(identity)]);
}
