/**
 * Guards a store that may fail, so that it always answers, and soon: what it answers when it cannot know is a setting.
 *
 * @module
 */
import { isThenable } from "../ike/steps/hook_faults.ts";
import type { TicketClaims } from "../ike/steps/wave.ts";
import type { RevocationStore } from "../ticket/revocation_store.ts";
import type { TicketStateStore } from "../ticket/ticket_state_store.ts";
import { type EpochSeconds, type GatewayStore, steady, systemEpochSeconds } from "./gateway_store.ts";
import { OwedWrites } from "./owed_writes.ts";
import { StoreError } from "./store_error.ts";
import { noStoreCounters, type StoreCounters } from "./store_counters.ts";
import { type Attempt, type StoreChange, StoreHealth, type StoreRoom } from "./store_health.ts";

export type { StoreChange } from "./store_health.ts";

/**
 * What becomes of presented tickets while the store is down.
 *
 * - `refuse`, the default: they are answered TICKET_NACK, and clients come by full exchanges. Nothing is accepted twice or after it was revoked;
 *   a mass reconnect costs what it costs without tickets.
 * - `wait`: they are not answered, and clients send them again; who has no patience left makes a full exchange. Nothing is accepted twice either.
 *   For a store that is soon back, as after the failover of a server.
 * - `accept`: tickets by value are accepted, at most once by each gateway. A ticket that somebody copied can be used once at each gateway
 *   while the store is down, and one that was revoked elsewhere is accepted; it still takes the session's keys to use either.
 *
 * Tickets by reference are neither issued nor accepted meanwhile: their state is in the store.
 */
export type StoreFailurePolicy = "refuse" | "wait" | "accept";

export const DEFAULT_STORE_TIMEOUT_MS = 500;

export interface GuardedStoreOptions {
  /** Default: `refuse`. */
  readonly whenDown?: StoreFailurePolicy;
  /** How long a call may take, in milliseconds; `Infinity`: for ever. Default {@link DEFAULT_STORE_TIMEOUT_MS}. */
  readonly timeoutMs?: number;
  readonly now?: EpochSeconds;
  /** Milliseconds on a clock that never steps back. */
  readonly monotonicMs?: () => number;
  /** Called once when the store goes down, with the reason, and once when it is up again. Must not throw. */
  readonly onChange?: (change: StoreChange) => void;
  /** Called when the store has answered a call that it did not answer at once, or has failed it, with the milliseconds that it took. Must not throw. */
  readonly onCall?: (tookMs: number) => void;
}

type Answer = boolean | "unknown";

interface Question<T> {
  /** The kind of what the call is to write, if it writes. */
  readonly writes?: StoreRoom;
  readonly call: () => T | Promise<T>;
  /** Joins the store's answer with the writes that it does not have yet. */
  readonly withOwed: (answer: T) => T;
  /** The answer without the store, by the setting. */
  readonly without: () => T;
}

/** A store behind its guard. Calls return at once where the store below does. */
export class GuardedStore implements GatewayStore {
  readonly name: string;
  readonly claims: TicketClaims;
  readonly ticketStates: TicketStateStore;
  readonly revocations: RevocationStore;
  readonly #store: GatewayStore;
  readonly #accepts: boolean;
  readonly #timeoutMs: number;
  readonly #health: StoreHealth;
  readonly #owed: OwedWrites;
  readonly #monotonicMs: () => number;
  readonly #onCall: ((tookMs: number) => void) | undefined;
  readonly #counters = noStoreCounters();
  #paying: Promise<void> | undefined;
  /** What has to be done before a store that was down counts as up; it stays down where that fails. */
  beforeUp: (() => unknown) | undefined;

  constructor(store: GatewayStore, options: GuardedStoreOptions = {}) {
    this.name = store.name;
    this.#store = store;
    this.#accepts = options.whenDown === "accept";
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_STORE_TIMEOUT_MS;
    const now = options.now ?? steady(systemEpochSeconds);
    this.#monotonicMs = options.monotonicMs ?? (() => performance.now());
    this.#onCall = options.onCall;
    this.#health = new StoreHealth({
      store,
      now,
      timeoutMs: Number.isFinite(this.#timeoutMs) ? this.#timeoutMs : DEFAULT_STORE_TIMEOUT_MS,
      monotonicMs: this.#monotonicMs,
      onChange: options.onChange ?? (() => {}),
    });
    const owed = this.#owed = new OwedWrites(now);
    store.onBack?.(() => this.#health.mayBeBack());
    const { claims, ticketStates, revocations } = store;
    this.claims = {
      claim: (batch) =>
        this.#ask<readonly (boolean | undefined)[]>(batch, {
          writes: "claims",
          call: () => claims.claim(batch),
          withOwed: (claimed) => batch.map(({ ticketId }, index) => claimed[index] && !owed.dropClaim(ticketId)),
          without: () => batch.map((request) => this.#accepts ? owed.claim(request) : undefined),
        }),
      isClaimed: (batch) =>
        this.#ask<readonly Answer[]>(batch, {
          call: () => claims.isClaimed(batch),
          withOwed: (claimed) => batch.map(({ ticketId }, index) => owed.hasClaim(ticketId) || (claimed[index] ?? "unknown")),
          without: () => batch.map(({ ticketId }) => owed.hasClaim(ticketId) || this.#unknown),
        }),
    };
    this.ticketStates = {
      put: (batch) =>
        this.#ask(batch, {
          writes: "ticketStates",
          call: () => ticketStates.put(batch),
          withOwed: (kept) => kept,
          without: () => batch.map(() => false),
        }),
      get: (batch) =>
        this.#ask<readonly (Uint8Array | undefined | "unknown")[]>(batch, {
          call: () => ticketStates.get(batch),
          withOwed: (states) => batch.map((reference, index) => owed.hasDeletion(reference) ? undefined : states[index]),
          without: () => batch.map(() => "unknown"),
        }),
      delete: (batch) =>
        this.#ask<readonly (boolean | undefined)[]>(batch, {
          writes: "ticketStates",
          call: () => ticketStates.delete(batch),
          withOwed: (deleted) => deleted,
          without: () => {
            for (const reference of batch) owed.deleteState(reference);
            return batch.map(() => undefined);
          },
        }),
    };
    this.revocations = {
      add: (batch) =>
        this.#ask<void>(batch, {
          writes: "revocations",
          call: () => {
            // Owed revocations of the same series are earlier than it. If the store fails now, this one is owed.
            for (const revocation of batch) owed.dropRevocation(revocation);
            return revocations.add(batch);
          },
          withOwed: () => {},
          without: () => this.#oweRevocations(batch),
        }),
      has: (batch) =>
        this.#ask<readonly Answer[]>(batch, {
          call: () => revocations.has(batch),
          withOwed: (revoked) => batch.map((ticket, index) => owed.hasRevocation(ticket) || (revoked[index] ?? "unknown")),
          without: () => batch.map((ticket) => owed.hasRevocation(ticket) || this.#unknown),
        }),
    };
  }

  get isDown(): boolean {
    return this.#health.isDown;
  }

  /** What was asked of the store by another way failed: it counts as down until it has proven otherwise. */
  distrust(fault: unknown): void {
    this.#failed(fault, { isProbe: false }, undefined);
  }

  /** Writes that wait for the store. They are lost if the process ends before the store is back. */
  get owedWrites(): number {
    return this.#owed.size;
  }

  get counters(): StoreCounters {
    return {
      ...this.#counters,
      store_owed_writes: this.owedWrites,
      store_names_given_up_total: this.#store.namesGivenUp ?? 0,
    };
  }

  /** Writes what is owed, if the store lets it, and closes the store. */
  async close(): Promise<void> {
    await this.settle();
    await this.#store.close();
  }

  /** Tries to write what is owed, now, and once. */
  async settle(): Promise<void> {
    if (this.#owed.size > 0) await (this.#paying ?? this.#pay());
  }

  /** Whether what is not known counts against a ticket or for it, by the setting. */
  get #unknown(): Answer {
    return this.#accepts ? false : "unknown";
  }

  #ask<T>(batch: readonly unknown[], question: Question<T>): T | Promise<T> {
    const attempt = this.#health.begin();
    if (attempt === undefined) return this.#unasked(batch, question);
    const instead = (writes: StoreRoom | undefined) => (fault: unknown) => {
      this.#failed(fault, attempt, writes);
      return this.#unasked(batch, question);
    };
    const { call, writes } = question;
    return this.#within(call, (answer) => {
      const prepare = attempt.isProbe ? this.beforeUp : undefined;
      const prepared = () => {
        if (prepare === undefined) return this.#answered(answer, attempt, question);
        return this.#within(prepare, () => this.#answered(answer, attempt, question), instead(undefined));
      };
      const prove = this.#health.proofAfter(attempt, writes);
      if (prove === undefined) return prepared();
      if (writes === undefined) return this.#within(prove, prepared, instead(this.#health.failing));
      // What was written counts, whatever else cannot be: a claim that is asked for once more would find itself.
      return this.#within(prove, prepared, (fault) => {
        this.#failed(fault, attempt, this.#health.failing);
        return question.withOwed(answer);
      });
    }, instead(writes));
  }

  /** Calls the store, and takes what comes of it: at once where the store answers at once. */
  #within<A, T>(
    call: () => A | Promise<A>,
    then: (answer: A) => T | Promise<T>,
    otherwise: (fault: unknown) => T,
  ): T | Promise<T> {
    let answer: A | Promise<A>;
    try {
      answer = call();
    } catch (fault) {
      return otherwise(fault);
    }
    if (!isThenable(answer)) return then(answer);
    return this.#timed(inTime(Promise.resolve(answer), this.#timeoutMs, this.name)).then(then, otherwise);
  }

  #timed<A>(answer: Promise<A>): Promise<A> {
    const onCall = this.#onCall;
    if (onCall === undefined) return answer;
    const begunMs = this.#monotonicMs();
    const tell = () => onCall(this.#monotonicMs() - begunMs);
    answer.then(tell, tell);
    return answer;
  }

  #unasked<T>(batch: readonly unknown[], { without }: Question<T>): T {
    this.#counters.store_unasked_requests_total += batch.length;
    return without();
  }

  /** Owes revocations, or throws: one that nobody keeps must not seem to be kept. */
  #oweRevocations(batch: Parameters<RevocationStore["add"]>[0]): void {
    for (const revocation of batch) {
      if (this.#owed.revoke(revocation)) continue;
      throw new StoreError("full", `${this.name}: down, and too many revocations wait for it; expected it up again`);
    }
  }

  #answered<T>(answer: T, { isProbe }: Attempt, { withOwed }: Question<T>): T {
    if (isProbe) this.#health.recovered();
    // Joined before owed writes are paid: a claim that this very call has written is then owed no more.
    const joined = withOwed(answer);
    if (this.#owed.size > 0 && !this.isDown) this.#paying ??= this.#pay();
    return joined;
  }

  #failed(fault: unknown, attempt: Attempt, wrote: StoreRoom | undefined): void {
    this.#counters.store_failures_total++;
    this.#health.failed(fault, attempt, wrote);
  }

  async #pay(): Promise<void> {
    try {
      while (this.#owed.size > 0) {
        this.#counters.store_double_claims_total += await inTime(this.#owed.paySome(this.#store), this.#timeoutMs, this.name);
      }
    } catch (fault) {
      this.#failed(fault, { isProbe: false }, undefined);
    } finally {
      this.#paying = undefined;
    }
  }
}

/** Rejects when an answer is late. The call itself cannot be taken back, and may still have its effect. */
function inTime<T>(answer: Promise<T>, timeoutMs: number, name: string): Promise<T> {
  if (timeoutMs === Infinity) return answer;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new StoreError("timeout", `${name}: no answer in ${timeoutMs} ms`)),
      timeoutMs,
    );
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
