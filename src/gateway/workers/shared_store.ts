/**
 * The one store of all workers, in the main thread, with its guard and the Invalid Ticket List that was chosen.
 *
 * @module
 */
import type { HookFaults } from "../../ike/steps/hook_faults.ts";
import { SteadyTime } from "../../ike/steps/steady_time.ts";
import type { GatewayStore } from "../../store/gateway_store.ts";
import type { GuardedStore } from "../../store/guarded_store.ts";
import type { StoreCounters } from "../../store/store_counters.ts";
import { type SharedMemoryStore, sharedMemoryStore, type SharedTicketMemory } from "../../store/shared/shared_memory_store.ts";
import { BloomInvalidTicketList } from "../../ticket/invalid_ticket_list.ts";
import type { Clock } from "../../transport/system_clock.ts";
import { type GatewayHistograms, MeasuredDurations } from "../gateway_histograms.ts";
import { guardedStoreOf } from "../gateway_options.ts";
import type { GatewayWorkersOptions } from "./gateway_workers_options.ts";
import type { StoreAnswer, StoreCall } from "./messages.ts";
import { answerStoreCalls } from "./remote_store.ts";

export class SharedStore {
  readonly #options: GatewayWorkersOptions;
  readonly #clock: Clock;
  readonly #durations: MeasuredDurations;
  readonly #guarded: GuardedStore;
  /** Where no store was given. */
  readonly #shared: SharedMemoryStore | undefined;
  #store: GatewayStore;
  #hasList = false;

  /** @throws {RangeError} `revocation` is out of range. */
  constructor(options: GatewayWorkersOptions, clock: Clock, hooks: HookFaults) {
    this.#options = options;
    const { revocation } = options;
    // The list itself waits for the first worker, in whose message there is nobody to throw to.
    if (typeof revocation === "object") new BloomInvalidTicketList({ ...revocation.bloom, lifetimeSeconds: 1 }, () => 0);
    this.#clock = clock;
    this.#durations = new MeasuredDurations([], clock);
    this.#shared = options.store === undefined
      ? sharedMemoryStore(() => clock().epochSeconds, undefined, () => clock().monotonicMs)
      : undefined;
    this.#guarded = guardedStoreOf(
      { ...options, store: this.#shared ?? options.store },
      clock,
      {
        onChange: (change) => hooks.call("onStoreChange", () => options.onStoreChange?.(change)),
        onCall: this.#durations.storeCalled,
      },
    );
    this.#store = this.#guarded;
  }

  /** What workers look up themselves; they ask about all else. */
  get memory(): Partial<SharedTicketMemory> {
    const { revocation = "exact" } = this.#options;
    if (this.#shared === undefined) return {};
    const { claims, revocations } = this.#shared.memory;
    return revocation === "exact" ? { claims, revocations } : { claims };
  }

  /** The store itself. */
  get guarded(): GuardedStore {
    return this.#guarded;
  }

  /** A worker's thread is no more. */
  left(worker: number): void {
    this.#shared?.left(worker);
  }

  get counters(): StoreCounters {
    return this.#guarded.counters;
  }

  get histograms(): Pick<GatewayHistograms, "store_call_duration_seconds"> {
    const { store_call_duration_seconds } = this.#durations.histograms;
    return { store_call_duration_seconds };
  }

  /** How long tickets live, in seconds, as the workers' configuration says: a list by Bloom filters is made for it. */
  setTicketLifetime(lifetimeSeconds: number): void {
    const { revocation = "exact" } = this.#options;
    if (this.#hasList || revocation === "exact" || revocation === "off") return;
    const time = new SteadyTime(this.#clock());
    const revocations = new BloomInvalidTicketList({ ...revocation.bloom, lifetimeSeconds }, () => time.at(this.#clock()));
    const { name, claims, ticketStates } = this.#guarded;
    this.#store = { name, claims, ticketStates, revocations, close: () => Promise.resolve() };
    this.#hasList = true;
  }

  answer(calls: readonly StoreCall[], post: (answers: readonly StoreAnswer[]) => void): void {
    answerStoreCalls(this.#store, calls, post);
  }

  /** Writes what is owed, as far as it can be. */
  settle(): Promise<void> {
    return this.#guarded.settle();
  }
}
