/**
 * Keeps a client's ticket store in step with what becomes of its IKE SA (RFC 5723, sections 4.3.1, 4.3.2, 6.2 and 9.10).
 *
 * @module
 */
import type { Effect } from "../ike/states/effect.ts";
import { LATE, within } from "../store/patience.ts";
import { type ClientTicket, copyOfTicket } from "../ticket/client_ticket.ts";
import type { ClientTicketKey, ClientTicketStore } from "../ticket/client_ticket_store.ts";
import type { Identity } from "../ticket/identity.ts";

/** How long a store is waited for: a disk that stalls keeps no session from coming up, and none from ending. */
const DEFAULT_PATIENCE_MS = 5_000;

/** The store has not answered in time. */
export class TicketStoreTimeoutError extends Error {
  /** Tells it from other errors where `instanceof` cannot, as in logs. */
  override readonly name = "TicketStoreTimeoutError";

  /** `patienceMs`: how long it was waited for. */
  constructor(patienceMs: number) {
    super(`ticket store: no answer within ${patienceMs / 1_000} s`);
  }
}

/** The tickets of one connection: the one that it presents, and the latest that it got. */
export class StoredTicket {
  readonly #store: ClientTicketStore;
  readonly #key: ClientTicketKey;
  /** Where tickets are that this gateway takes: under its own key, or that of another gateway of its domain. */
  readonly #keys: readonly ClientTicketKey[];
  readonly #onError: (error: unknown) => void;
  readonly #patienceMs: number;
  /** Changes are made one after the other, in the order of the effects that ask for them. */
  #changes: Promise<void> = Promise.resolve();
  #isLate = false;
  #presented: { readonly key: ClientTicketKey; readonly ticket: ClientTicket } | undefined;
  #own: ClientTicket | undefined;
  #isUp = false;

  /**
   * `gateways`: its name, and those of others whose tickets it takes. `onError`: a change could not be made, or takes too long. The next one is tried
   * all the same.
   */
  constructor(
    store: ClientTicketStore,
    { gateways, identity }: { readonly gateways: readonly string[]; readonly identity: Identity },
    onError: (error: unknown) => void,
    patienceMs: number = DEFAULT_PATIENCE_MS,
  ) {
    this.#store = store;
    this.#keys = gateways.map((gateway) => ({ gateway, identity }));
    this.#key = this.#keys[0];
    this.#onError = onError;
    this.#patienceMs = patienceMs;
  }

  /**
   * Takes out the ticket to present, if there is one; one that `isGood` refuses is forgotten. Rejects when the store cannot be
   * read. A store that stalls gives none: a ticket that it gives later is put back.
   */
  async present(nowEpochSeconds: number, isGood: (ticket: ClientTicket) => boolean): Promise<ClientTicket | undefined> {
    for (const key of this.#keys) {
      const taking = this.#store.take(key, nowEpochSeconds);
      const taken = await within(taking, this.#patienceMs);
      if (taken === LATE) {
        this.#onError(new TicketStoreTimeoutError(this.#patienceMs));
        taking.then((ticket) => ticket && this.#change(() => this.#store.putBack(key, ticket)), this.#onError);
        return undefined;
      }
      if (taken === undefined) continue;
      this.#presented = { key, ticket: copyOfTicket(taken) };
      if (isGood(taken)) return taken;
      this.#forgetPresented();
    }
    return undefined;
  }

  /** A ticket that did not come from the store is presented. If the store has it as well, it goes from there too. */
  presents(ticket: ClientTicket): void {
    const gateway = this.#keys.find((key) => key.gateway === ticket.gateway);
    this.#presented = { key: gateway ?? this.#key, ticket: copyOfTicket(ticket) };
  }

  /** Resolves when the store has all changes that were asked for so far, or has been waited for long enough. Told once. */
  get settled(): Promise<void> {
    return within(this.#changes, this.#patienceMs).then((outcome) => {
      if (outcome !== LATE || this.#isLate) return;
      this.#isLate = true;
      this.#onError(new TicketStoreTimeoutError(this.#patienceMs));
    });
  }

  /**
   * A ticket goes when an IKE SA was established with it or instead of it, when it was refused, when its IKE SA was rekeyed,
   * and when either end deleted that. It stays when the gateway was never heard: it has not been used then, or a lost gateway
   * may be back soon. Only this connection's own tickets go: another one with the same store may have put a newer one there.
   */
  take(effect: Effect): void {
    switch (effect.type) {
      case "ike-sa-up":
        this.#isUp = true;
        return this.#forgetPresented();
      case "ticket-received": {
        // A copy: when its turn comes, the ticket may have been used, and wiped.
        const ticket = copyOfTicket(effect.ticket);
        this.#own = ticket;
        return this.#change(() => this.#store.save(this.#key, ticket));
      }
      case "ticket-invalidated":
        return this.#forgetOwn();
      case "resumption-failed":
        return effect.reason === "no-answer" ? undefined : this.#forgetPresented();
      case "ike-sa-down":
        if (!this.#isUp) return this.release();
        return effect.reason === "no-answer" ? undefined : this.#forgetOwn();
    }
  }

  /** The attempt is over, and no IKE SA came of it: the ticket is there for the next one. */
  release(): void {
    const presented = this.#presented;
    this.#presented = undefined;
    if (presented) this.#change(() => this.#store.putBack(presented.key, presented.ticket));
  }

  /** Its user has logged out: every ticket of the identity goes. */
  forgetIdentity(): void {
    this.#change(() => this.#store.removeAllOf(this.#key.identity));
  }

  #forgetPresented(): void {
    const presented = this.#presented;
    this.#presented = undefined;
    if (presented) this.#change(() => this.#store.remove(presented.key, presented.ticket));
  }

  #forgetOwn(): void {
    const ticket = this.#own;
    this.#own = undefined;
    if (ticket) this.#change(() => this.#store.remove(this.#key, ticket));
  }

  #change(change: () => Promise<void>): void {
    this.#changes = this.#changes.then(change).catch(this.#onError);
  }
}
