/**
 * Keeps a client's ticket store in step with what becomes of its IKE SA (RFC 5723, sections 4.3.1, 4.3.2 and 6.2).
 *
 * @module
 */
import type { Effect } from "../ike/effect.ts";
import { type ClientTicket, copyOfTicket } from "../ticket/client_ticket.ts";
import type { ClientTicketKey, ClientTicketStore } from "../ticket/client_ticket_store.ts";

/** The stored ticket of one connection. */
export class StoredTicket {
  readonly #store: ClientTicketStore;
  readonly #key: ClientTicketKey;
  readonly #onError: (error: unknown) => void;
  /** Changes are made one after the other, in the order of the effects that ask for them. */
  #settled: Promise<void> = Promise.resolve();
  #isUp = false;

  /** `onError`: a change could not be made. The next one is tried all the same. */
  constructor(store: ClientTicketStore, key: ClientTicketKey, onError: (error: unknown) => void) {
    this.#store = store;
    this.#key = key;
    this.#onError = onError;
  }

  /** The ticket to present, if there is one. Rejects when the store cannot be read. */
  load(nowEpochSeconds: number): Promise<ClientTicket | undefined> {
    return this.#store.load(this.#key, nowEpochSeconds);
  }

  /** Resolves when the store has all changes that were asked for so far. */
  get settled(): Promise<void> {
    return this.#settled;
  }

  /**
   * A ticket goes when an IKE SA was established with it or instead of it, when it was refused, when its IKE SA was rekeyed, and when either
   * end deleted that. It stays when the gateway was never heard: it has not been used then, or a lost gateway may be back soon.
   */
  take(effect: Effect): void {
    switch (effect.type) {
      case "ike-sa-up":
        this.#isUp = true;
        return this.#remove();
      case "ticket-received": {
        // A copy: by its turn the ticket may have been used, and wiped.
        const ticket = copyOfTicket(effect.ticket);
        return this.#change(() => this.#store.save(this.#key, ticket));
      }
      case "ticket-invalidated":
        return this.#remove();
      case "resumption-failed":
        return effect.reason === "no-answer" ? undefined : this.#remove();
      case "ike-sa-down":
        return this.#isUp && effect.reason !== "no-answer" ? this.#remove() : undefined;
    }
  }

  /** Its user has logged out: every ticket of the identity goes. */
  forgetIdentity(): void {
    this.#change(() => this.#store.removeAllOf(this.#key.identity));
  }

  #remove(): void {
    this.#change(() => this.#store.remove(this.#key));
  }

  #change(change: () => Promise<void>): void {
    this.#settled = this.#settled.then(change).catch(this.#onError);
  }
}
