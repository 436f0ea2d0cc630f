/**
 * A store that may fail, made one that always answers, and soon: what it answers when it cannot know is a setting.
 *
 * @module
 */
import type { TicketClaims } from "../ike/wave.ts";
import type { RevocationStore } from "../ticket/revocation_store.ts";
import type { TicketStateStore } from "../ticket/ticket_state_store.ts";
import { type EpochSeconds, type GatewayStore, steady, systemEpochSeconds } from "./gateway_store.ts";
import { OwedWrites } from "./owed_writes.ts";
import { StoreError } from "./store_error.ts";

/**
 * What becomes of presented tickets while the store is down.
 *
 * - `refuse`, the default: they are answered TICKET_NACK, and clients come by full exchanges. Nothing is accepted twice or after it was revoked;
 *   a mass reconnect costs what it costs without tickets.
 * - `accept`: tickets by value are accepted, at most once by each gateway. A ticket that somebody copied can be used once at each gateway
 *   while the store is down, and one that was revoked elsewhere is accepted; it still takes the session's keys to use either.
 *
 * Tickets by reference are neither issued nor accepted meanwhile: their state is in the store.
 */
export type StoreFailurePolicy = "refuse" | "accept";

export const DEFAULT_STORE_TIMEOUT_MS = 500;

/** How long the store is left alone after it failed: doubled from the first to the last, until it answers again. */
const FIRST_REST_MS = 250;
const LAST_REST_MS = 5_000;

export interface GuardedStoreOptions {
  /** Default: `refuse`. */
  readonly whenDown?: StoreFailurePolicy;
  /** How long a call may take, in milliseconds. Default {@link DEFAULT_STORE_TIMEOUT_MS}. */
  readonly timeoutMs?: number;
  readonly now?: EpochSeconds;
  /** Milliseconds on a clock that never steps back. */
  readonly monotonicMs?: () => number;
  /** Told once when the store goes down, with the reason, and once when it is up again. Must not throw. */
  readonly onChange?: (change: StoreChange) => void;
}

export type StoreChange =
  | { readonly type: "store-down"; readonly store: string; readonly reason: StoreError }
  | { readonly type: "store-up"; readonly store: string };

/** Each only grows. */
export interface StoreCounters {
  /** Calls, each for a wave, that the store failed or did not answer in time. */
  store_failures_total: number;
  /** Requests that were answered without the store, by the setting. */
  store_unasked_requests_total: number;
  /** Tickets accepted while the store was down, which somebody else had claimed, as was found when it was up again. */
  store_double_claims_total: number;
}

/** Calls return at once where the store below does. */
export class GuardedStore implements GatewayStore {
  readonly name: string;
  readonly claims: TicketClaims;
  readonly ticketStates: TicketStateStore;
  readonly revocations: RevocationStore;
  readonly #store: GatewayStore;
  readonly #accepts: boolean;
  readonly #timeoutMs: number;
  readonly #monotonicMs: () => number;
  readonly #onChange: (change: StoreChange) => void;
  readonly #owed: OwedWrites;
  readonly #counters: StoreCounters = {
    store_failures_total: 0,
    store_unasked_requests_total: 0,
    store_double_claims_total: 0,
  };
  /** While the store is down: how long it rests, and until when. */
  #rest: { readonly forMs: number; untilMs: number } | undefined;
  #paying: Promise<void> | undefined;

  constructor(store: GatewayStore, options: GuardedStoreOptions = {}) {
    this.name = store.name;
    this.#store = store;
    this.#accepts = options.whenDown === "accept";
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_STORE_TIMEOUT_MS;
    this.#monotonicMs = options.monotonicMs ?? (() => performance.now());
    this.#onChange = options.onChange ?? (() => {});
    const owed = this.#owed = new OwedWrites(options.now ?? steady(systemEpochSeconds));
    const { claims, ticketStates, revocations } = store;
    this.claims = {
      claim: (batch) =>
        this.#ask(
          batch,
          () => claims.claim(batch),
          (claimed) => batch.map(({ ticketId }, index) => claimed[index] && !owed.dropClaim(ticketId)),
          () => batch.map((request) => this.#accepts && owed.claim(request)),
        ),
      isClaimed: (batch) =>
        this.#ask(
          batch,
          () => claims.isClaimed(batch),
          (claimed) => batch.map(({ ticketId }, index) => claimed[index] || owed.hasClaim(ticketId)),
          () => batch.map(({ ticketId }) => !this.#accepts || owed.hasClaim(ticketId)),
        ),
    };
    this.ticketStates = {
      put: (batch) => this.#ask(batch, () => ticketStates.put(batch), (kept) => kept, () => batch.map(() => false)),
      get: (batch) =>
        this.#ask(
          batch,
          () => ticketStates.get(batch),
          (states) => batch.map((reference, index) => owed.hasDeletion(reference) ? undefined : states[index]),
          () => batch.map(() => undefined),
        ),
      delete: (batch) =>
        this.#ask(batch, () => ticketStates.delete(batch), (deleted) => deleted, () => {
          for (const reference of batch) owed.deleteState(reference);
          return batch.map(() => false);
        }),
    };
    this.revocations = {
      add: (batch) => {
        const add = () => {
          // What is owed of the same series lies before it. If the store fails now, this one is owed.
          for (const revocation of batch) owed.dropRevocation(revocation);
          return revocations.add(batch);
        };
        return this.#ask(batch, add, () => {}, () => this.#oweRevocations(batch));
      },
      has: (batch) =>
        this.#ask(
          batch,
          () => revocations.has(batch),
          (revoked) => batch.map((ticket, index) => revoked[index] || owed.hasRevocation(ticket)),
          () => batch.map((ticket) => !this.#accepts || owed.hasRevocation(ticket)),
        ),
    };
  }

  get isDown(): boolean {
    return this.#rest !== undefined;
  }

  /** Writes that wait for the store. They are lost if the process ends before the store is back. */
  get owedWrites(): number {
    return this.#owed.size;
  }

  get counters(): StoreCounters {
    return { ...this.#counters };
  }

  /** Pays what is owed, if the store lets it, and closes it. */
  async close(): Promise<void> {
    await this.settle();
    await this.#store.close();
  }

  /** Tries to write what is owed, now, and once. */
  async settle(): Promise<void> {
    if (this.#owed.size > 0) await (this.#paying ?? this.#pay());
  }

  /** `withOwed` joins what the store answered with what it does not know yet; `without` is the answer that the setting gives. */
  #ask<T>(
    batch: readonly unknown[],
    call: () => T | Promise<T>,
    withOwed: (answer: T) => T,
    without: () => T,
  ): T | Promise<T> {
    const instead = (fault: unknown) => {
      this.#failed(fault);
      return this.#unasked(batch, without);
    };
    if (this.#isResting()) return this.#unasked(batch, without);
    try {
      const answer = call();
      if (answer instanceof Promise) {
        return inTime(answer, this.#timeoutMs, this.name).then((value) => this.#answered(value, withOwed), instead);
      }
      return this.#answered(answer, withOwed);
    } catch (fault) {
      return instead(fault);
    }
  }

  #unasked<T>(batch: readonly unknown[], without: () => T): T {
    this.#counters.store_unasked_requests_total += batch.length;
    return without();
  }

  /** A revocation that nobody keeps must not seem to be kept. */
  #oweRevocations(batch: Parameters<RevocationStore["add"]>[0]): void {
    for (const revocation of batch) {
      if (this.#owed.revoke(revocation)) continue;
      throw new StoreError("full", `${this.name}: down, and too many revocations wait for it; expected it up again`);
    }
  }

  /** One call at a time finds out whether the store is back: the others do not wait for what it comes to. */
  #isResting(): boolean {
    if (this.#rest === undefined) return false;
    const now = this.#monotonicMs();
    if (now < this.#rest.untilMs) return true;
    this.#rest.untilMs = now + this.#timeoutMs;
    return false;
  }

  #answered<T>(answer: T, withOwed: (answer: T) => T): T {
    if (this.#rest !== undefined) {
      this.#rest = undefined;
      this.#onChange({ type: "store-up", store: this.name });
    }
    // Before what is owed is paid: a claim that this very call has written is owed no more.
    const joined = withOwed(answer);
    if (this.#owed.size > 0) this.#paying ??= this.#pay();
    return joined;
  }

  #failed(fault: unknown): void {
    this.#counters.store_failures_total++;
    const forMs = this.#rest === undefined ? FIRST_REST_MS : Math.min(2 * this.#rest.forMs, LAST_REST_MS);
    const wasUp = this.#rest === undefined;
    this.#rest = { forMs, untilMs: this.#monotonicMs() + forMs };
    if (wasUp) this.#onChange({ type: "store-down", store: this.name, reason: storeErrorOf(fault, this.name) });
  }

  async #pay(): Promise<void> {
    try {
      while (this.#owed.size > 0) {
        this.#counters.store_double_claims_total += await inTime(this.#owed.paySome(this.#store), this.#timeoutMs, this.name);
      }
    } catch (fault) {
      this.#failed(fault);
    } finally {
      this.#paying = undefined;
    }
  }
}

/** The call itself cannot be taken back: what it does later is its own affair. */
function inTime<T>(answer: Promise<T>, timeoutMs: number, name: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new StoreError("timeout", `${name}: no answer in ${timeoutMs} ms`)),
      timeoutMs,
    );
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function storeErrorOf(fault: unknown, name: string): StoreError {
  if (fault instanceof StoreError) return fault;
  return new StoreError("unavailable", `${name}: ${fault instanceof Error ? fault.message : String(fault)}`, { cause: fault });
}
