/**
 * A client's tickets in memory: gone with the process.
 *
 * @module
 */
import { wipe } from "../crypto/wipe.ts";
import { type ClientTicket, copyOfTicket, isSameTicket } from "../ticket/client_ticket.ts";
import { type ClientTicketKey, type ClientTicketStore, isUsable } from "../ticket/client_ticket_store.ts";
import { type Identity, identityKey, sameIdentity } from "../ticket/identity.ts";

interface Kept {
  readonly key: ClientTicketKey;
  readonly ticket: ClientTicket;
}

/** A client's tickets in memory: they are gone with the process, and wiped when they are replaced or removed. */
export class MemoryClientTickets implements ClientTicketStore {
  readonly #kept = new Map<string, Kept>();
  readonly #taken: Kept[] = [];

  load(key: ClientTicketKey, nowEpochSeconds: number): Promise<ClientTicket | undefined> {
    const ticket = this.#kept.get(nameOf(key))?.ticket;
    if (ticket && isUsable(ticket, nowEpochSeconds)) return Promise.resolve(copyOfTicket(ticket));
    this.#forget(nameOf(key));
    return Promise.resolve(undefined);
  }

  async take(key: ClientTicketKey, nowEpochSeconds: number): Promise<ClientTicket | undefined> {
    // In one turn, so that nobody comes between.
    const loading = this.load(key, nowEpochSeconds);
    const kept = this.#kept.get(nameOf(key));
    this.#kept.delete(nameOf(key));
    if (kept) this.#taken.push(kept);
    return await loading;
  }

  putBack(key: ClientTicketKey, ticket: ClientTicket): Promise<void> {
    const taken = this.#takeOut((one) => nameOf(one.key) === nameOf(key) && isSameTicket(one.ticket, ticket));
    for (const one of taken) {
      if (this.#kept.has(nameOf(key))) wipe(one.ticket.skD);
      else this.#kept.set(nameOf(key), one);
    }
    return Promise.resolve();
  }

  save(key: ClientTicketKey, ticket: ClientTicket): Promise<void> {
    const copy = copyOfTicket(ticket);
    this.#forget(nameOf(key));
    this.#kept.set(nameOf(key), { key, ticket: copy });
    return Promise.resolve();
  }

  remove(key: ClientTicketKey, ticket: ClientTicket): Promise<void> {
    const kept = this.#kept.get(nameOf(key));
    if (kept && isSameTicket(kept.ticket, ticket)) this.#forget(nameOf(key));
    this.#forgetTaken((one) => nameOf(one.key) === nameOf(key) && isSameTicket(one.ticket, ticket));
    return Promise.resolve();
  }

  removeAllOf(identity: Identity): Promise<void> {
    for (const [name, { key }] of this.#kept) {
      if (sameIdentity(key.identity, identity)) this.#forget(name);
    }
    this.#forgetTaken(({ key }) => sameIdentity(key.identity, identity));
    return Promise.resolve();
  }

  #forgetTaken(condition: (kept: Kept) => boolean): void {
    for (const { ticket } of this.#takeOut(condition)) wipe(ticket.skD);
  }

  #takeOut(condition: (kept: Kept) => boolean): Kept[] {
    const found = this.#taken.filter(condition);
    for (const one of found) this.#taken.splice(this.#taken.indexOf(one), 1);
    return found;
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
