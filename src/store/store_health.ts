/**
 * When a store is asked, and when it is left alone: what a circuit breaker does.
 *
 * It is judged by its writes. A server that became a replica and a disk that is full still answer reads: a store is up again when a write has proven
 * so, and not before.
 *
 * @module
 */
import { type EpochSeconds, type GatewayStore } from "./gateway_store.ts";
import { StoreError } from "./store_error.ts";

/** How long the store is left alone after it failed: doubled from the first to the last, until it answers again. */
const FIRST_REST_MS = 250;
const LAST_REST_MS = 5_000;

/** For how long a store that was up again must stay so, in order that its next failure counts as a first one. */
const RELAPSE_MS = 30_000;

/** How long what a proof writes is kept. */
const PROOF_LIFETIME_SECONDS = 60;

/** A store went down, and why; or is up again. `store`: its name, without credentials. */
export type StoreChange =
  | { readonly type: "store-down"; readonly store: string; readonly reason: StoreError }
  | { readonly type: "store-up"; readonly store: string };

/** The kinds of what a store keeps. */
export type StoreRoom = "claims" | "ticketStates" | "revocations";

/** One call that was let through. */
export interface Attempt {
  /** The store is down: this call finds out whether it still is. */
  readonly isProbe: boolean;
}

interface Down {
  readonly forMs: number;
  untilMs: number;
  /** What could not be written, and has to be before the store counts as up. Whatever else failed, claims have to be. */
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

  /** Asks for leave to call the store; `undefined`: it rests. One call at a time finds out whether it is back: the others do not wait for that. */
  begin(): Attempt | undefined {
    if (this.#down === undefined) return { isProbe: false };
    const now = this.#options.monotonicMs();
    if (now < this.#down.untilMs) return undefined;
    // The call, and the proof.
    this.#down.untilMs = now + 2 * this.#options.timeoutMs;
    return { isProbe: true };
  }

  /** `wrote`: what the call was to write, if it was. Calls that had begun before the store was down say nothing new. */
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
   * A call was answered. What a probe has to prove besides, before {@link recovered}: `undefined`, if nothing.
   *
   * @param wrote what the call has written, if it has
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

  /** What a proof writes, if it fails. */
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
    this.#down = { forMs: bounded, untilMs: nowMs + bounded, failing };
  }
}

function storeErrorOf(fault: unknown, name: string): StoreError {
  if (fault instanceof StoreError) return fault;
  return new StoreError("unavailable", `${name}: ${fault instanceof Error ? fault.message : String(fault)}`, { cause: fault });
}
