/**
 * A circuit breaker: says when a store is asked, and when it is left alone.
 *
 * A store is judged by its writes. A server that became a replica and a disk that is full still answer reads: it is up again
 * only when a write has proven so.
 *
 * @module
 */
import { type EpochSeconds, type GatewayStore } from "./gateway_store.ts";
import { StoreError } from "./store_error.ts";

/** How long the store is left alone after it failed: doubled from the first to the last, until it answers again. */
const FIRST_REST_MS = 250;
const LAST_REST_MS = 5_000;

/** How long a store that came up again must stay up, so that its next failure counts as a first one. */
const RELAPSE_MS = 30_000;

/** How long the entry that a proof writes is kept. */
const PROOF_LIFETIME_SECONDS = 60;

/** A store went down, and why; or is up again. `store`: its name, without credentials. */
export type StoreChange =
  | { readonly type: "store-down"; readonly store: string; readonly reason: StoreError }
  | { readonly type: "store-up"; readonly store: string };

/** Kinds of entries in a store. */
export type StoreRoom = "claims" | "ticketStates" | "revocations";

/** One call that was let through. */
export interface Attempt {
  /** The store is down: this call finds out whether it still is. */
  readonly isProbe: boolean;
}

interface Down {
  /** When this rest began. */
  readonly sinceMs: number;
  readonly forMs: number;
  untilMs: number;
  /** The kind that could not be written, and has to be before the store counts as up; claims, where something else failed. */
  failing: StoreRoom;
}

export interface StoreHealthOptions {
  readonly store: GatewayStore;
  readonly timeoutMs: number;
  readonly now: EpochSeconds;
  readonly monotonicMs: () => number;
  readonly onChange: (change: StoreChange) => void;
}

export class StoreHealth {
  readonly #options: StoreHealthOptions;
  #down: Down | undefined;
  #lastUp: { readonly atMs: number; readonly afterRestMs: number } | undefined;

  constructor(options: StoreHealthOptions) {
    this.#options = options;
  }

  get isDown(): boolean {
    return this.#down !== undefined;
  }

  /** Asks whether the store may be called; `undefined`: it rests. One call at a time finds out whether it is back. */
  begin(): Attempt | undefined {
    if (this.#down === undefined) return { isProbe: false };
    const now = this.#options.monotonicMs();
    if (now < this.#down.untilMs) return undefined;
    // Time enough for the call, and for the proof.
    this.#down.untilMs = now + 2 * this.#options.timeoutMs;
    return { isProbe: true };
  }

  /** The store says that it can be reached: the next call finds out, but no sooner than after the first rest. */
  mayBeBack(): void {
    if (this.#down === undefined) return;
    const soonest = this.#down.sinceMs + FIRST_REST_MS;
    this.#down.untilMs = Math.min(this.#down.untilMs, Math.max(soonest, this.#options.monotonicMs()));
  }

  /**
   * A call failed. `wrote`: the kind that it was to write, if any. Calls that began before the store was down say nothing new.
   */
  failed(fault: unknown, { isProbe }: Attempt, wrote: StoreRoom | undefined): void {
    const { monotonicMs, onChange, store } = this.#options;
    const now = monotonicMs();
    const before = this.#down;
    if (before === undefined) {
      const isRelapse = this.#lastUp !== undefined && now - this.#lastUp.atMs < RELAPSE_MS;
      this.#rest(isRelapse ? 2 * this.#lastUp!.afterRestMs : FIRST_REST_MS, now, wrote ?? "claims");
      onChange({ type: "store-down", store: store.name, reason: storeErrorOf(fault, store.name) });
    } else if (isProbe) this.#rest(2 * before.forMs, now, wrote ?? before.failing);
    else before.failing = wrote ?? before.failing;
  }

  /**
   * A call was answered. Returns what a probe has to prove besides, before {@link recovered}; `undefined`: nothing.
   *
   * @param wrote the kind that the call has written, if any
   */
  proofAfter({ isProbe }: Attempt, wrote: StoreRoom | undefined): (() => unknown) | undefined {
    const failing = this.#down?.failing;
    if (!isProbe || failing === undefined || failing === wrote) return undefined;
    const { store, now } = this.#options;
    const name = `proof-${crypto.randomUUID()}`;
    const expiresAtEpochSeconds = Math.floor(now()) + PROOF_LIFETIME_SECONDS;
    switch (failing) {
      case "claims":
        return () => store.claims.claim([{ ticketId: name, expiresAtEpochSeconds }]);
      case "ticketStates":
        return () => store.ticketStates.put([{ reference: name, state: new Uint8Array(1), expiresAtEpochSeconds }]);
      case "revocations":
        return () => store.revocations.add([{ ticketId: name, expiresAtEpochSeconds }]);
    }
  }

  /** The kind that a proof writes, for when it fails. */
  get failing(): StoreRoom | undefined {
    return this.#down?.failing;
  }

  recovered(): void {
    if (this.#down === undefined) return;
    this.#lastUp = { atMs: this.#options.monotonicMs(), afterRestMs: this.#down.forMs };
    this.#down = undefined;
    this.#options.onChange({ type: "store-up", store: this.#options.store.name });
  }

  #rest(forMs: number, nowMs: number, failing: StoreRoom): void {
    const bounded = Math.min(forMs, LAST_REST_MS);
    this.#down = { sinceMs: nowMs, forMs: bounded, untilMs: nowMs + bounded, failing };
  }
}

function storeErrorOf(fault: unknown, name: string): StoreError {
  if (fault instanceof StoreError) return fault;
  return new StoreError("unavailable", `${name}: ${fault instanceof Error ? fault.message : String(fault)}`, { cause: fault });
}
