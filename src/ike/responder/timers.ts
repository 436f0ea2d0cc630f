/**
 * Timers of the IKE SAs that are up: requests are sent again, signs of life asked for, and those ended whose time is over.
 * Thousands may be due at once, and others are to be served in between: a call does a bounded part of it.
 *
 * @module
 */
import type { EstablishedContext } from "../exchanges/established_context.ts";
import { sendRequest, timeout } from "../exchanges/requests.ts";
import type { ResponderConfiguration } from "../policy/responder_configuration.ts";
import { PacedQueue } from "../queues/paced_queue.ts";
import type { Effect } from "../states/effect.ts";
import { type Established, ownSpiOf, type Transition } from "../states/established.ts";
import type { IkeSaTable } from "../states/ike_sa_table.ts";
import type { Instant } from "../steps/instant.ts";
import type { Step } from "../steps/step.ts";
import type { IkeSaLife } from "./life.ts";
import type { Redirections } from "./redirections.ts";

/** IKE SAs that one call does something for: a millisecond or two. */
const PORTION = 64;
/** IKE SAs that one call looks at. Most have been heard of meanwhile, and only need a later deadline. */
const LOOKS = 1_024;
/** How soon an IKE SA whose step failed is looked at again. */
const AFTER_FAULT_MS = 1_000;

export class IkeSaTimers {
  readonly #sas: IkeSaTable;
  readonly #lifecycle: IkeSaLife;
  /** IKE SAs whose peer is to be asked for a sign of life, by this end's SPI. */
  readonly #checks: PacedQueue<bigint>;
  /** Those among them that are asked whether or not they were heard of meanwhile. */
  readonly #asked = new Set<bigint>();
  #fault: { readonly fault: unknown } | undefined;

  /** Clients that are to be sent to another gateway. */
  readonly redirections: Redirections;

  constructor(
    sas: IkeSaTable,
    lifecycle: IkeSaLife,
    redirections: Redirections,
    { livenessChecksPerSecond }: ResponderConfiguration,
  ) {
    this.redirections = redirections;
    this.#sas = sas;
    this.#lifecycle = lifecycle;
    this.#checks = new PacedQueue(livenessChecksPerSecond);
  }

  /** When to call {@link IkeSaTimers.serve}, in monotonic milliseconds, which may be over; `Infinity` while nothing waits. */
  get nextDueMs(): number {
    if (this.#fault) return -Infinity;
    return Math.min(this.#sas.nextDueMs ?? Infinity, this.#checks.nextMs ?? Infinity, this.redirections.nextMs ?? Infinity);
  }

  /** Does a part of what is due, the earliest first. The rest is due at once. */
  *serve(now: Instant, context: EstablishedContext): Step<Effect[]> {
    this.#rethrow();
    const effects: Effect[] = [];
    let served = 0;
    for (let looks = 0; looks < LOOKS && served < PORTION && this.#fault === undefined; looks++) {
      const due = this.#sas.takeDue(now.monotonicMs);
      if (due === undefined) break;
      if (due === "moved") continue;
      if (typeof due === "bigint") this.#checks.add(due);
      else {
        served++;
        effects.push(...yield* this.#apply(due, timeout(due, now, context), now, effects));
      }
    }
    effects.push(...yield* this.#serveChecks(PORTION - served, now, context));
    return [...effects, ...yield* this.#serveRedirections(PORTION - served, now, context)];
  }

  /** Asks for a sign of life as soon as the pace allows. */
  *check(state: Established, now: Instant, context: EstablishedContext): Step<Effect[]> {
    this.ask(ownSpiOf(state));
    return yield* this.#serveChecks(1, now, context);
  }

  /** As {@link check}, when timers are next served. */
  ask(ownSpi: bigint): void {
    this.#asked.add(ownSpi);
    this.#checks.add(ownSpi);
  }

  clear(): void {
    this.#checks.clear();
    this.#asked.clear();
    this.redirections.clear();
    this.#fault = undefined;
  }

  *#serveChecks(most: number, now: Instant, context: EstablishedContext): Step<Effect[]> {
    const effects: Effect[] = [];
    for (let served = 0; served < most && this.#fault === undefined; served++) {
      const ownSpi = this.#checks.take(now.monotonicMs);
      if (ownSpi === undefined) break;
      const isAsked = this.#asked.delete(ownSpi);
      // Whoever was heard of meanwhile is not woken.
      const silentUntilMs = this.#sas.silentUntilMs(ownSpi);
      const isToBeAsked = silentUntilMs !== undefined && (isAsked || silentUntilMs <= now.monotonicMs);
      const state = isToBeAsked ? this.#sas.established(ownSpi) : undefined;
      if (state === undefined) continue;
      effects.push(...yield* this.#apply(state, sendRequest(state, "liveness", now, context), now, effects));
    }
    return effects;
  }

  *#serveRedirections(most: number, now: Instant, context: EstablishedContext): Step<Effect[]> {
    const effects: Effect[] = [];
    for (let served = 0; served < most && this.#fault === undefined; served++) {
      const due = this.redirections.take(now.monotonicMs);
      if (due === undefined) break;
      const state = this.#sas.established(due.ownSpi);
      if (state?.retiredUntilMs !== undefined || !state?.followsRedirects) continue;
      const step = sendRequest({ ...state, redirectTo: due.to }, "redirect", now, context);
      effects.push(...yield* this.#apply(state, step, now, effects));
    }
    return effects;
  }

  /** A fault of one IKE SA, which may not come again, must not lose what the call has already done for others. */
  *#apply(state: Established, step: Step<Transition>, now: Instant, before: readonly Effect[]): Step<Effect[]> {
    try {
      return this.#lifecycle.apply(state, yield* step);
    } catch (fault) {
      this.#sas.putOff(ownSpiOf(state), now.monotonicMs + AFTER_FAULT_MS);
      if (before.length === 0) throw fault;
      this.#fault = { fault };
      return [];
    }
  }

  #rethrow(): void {
    if (this.#fault === undefined) return;
    const { fault } = this.#fault;
    this.#fault = undefined;
    throw fault;
  }
}
