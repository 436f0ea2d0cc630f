/**
 * What a client does unasked while its IKE SA is up: it looks whether the gateway is still there (RFC 7296, section 2.4), keeps the NAT before it
 * open (RFC 3948, section 4), rekeys in time (RFC 7296, section 2.8), and says when it is time to prove itself anew (RFC 4478).
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import { NotifyType } from "../../wire/constants.ts";
import type { Message } from "../../wire/message.ts";
import { findNotify } from "../message/notify.ts";
import type { InitiatorConfiguration } from "../policy/initiator_configuration.ts";
import type { Effect } from "../states/effect.ts";
import type { InitiatorState } from "../states/initiator_state.ts";
import type { Instant } from "../steps/instant.ts";
import { isBehindNat } from "./attempt.ts";

/** What is due. */
type Chore = "liveness" | "keepalive" | "rekey" | "reauthentication" | "expiry";

export interface Due {
  readonly requests: readonly ("liveness" | "rekey" | "delete")[];
  readonly effects: readonly Effect[];
}

const MS_PER_SECOND = 1_000;

/** Between which parts of its interval a liveness check comes: clients that came up together do not ask together. */
const LIVENESS_JITTER = [0.8, 1] as const;

/** The part of its lifetime after which an IKE SA that could not be rekeyed is rekeyed again, and how soon at least. */
const RETRY_PART = 0.03;
const LEAST_RETRY_MS = 2_000;

/** A message that nobody signed may have the gateway asked for a sign of life no more often than this. */
const SUSPICION_INTERVAL_MS = 5_000;

/** Lifetimes are whole seconds: tickets that came closer together than this tell nothing. */
const LEAST_PASSED_SECONDS = 4;

export class Schedule {
  readonly #configuration: InitiatorConfiguration;
  readonly #random: RandomSource;
  /** Monotonic milliseconds of each; Infinity: not at all. */
  readonly #due: Record<Chore, number> = {
    liveness: Infinity,
    keepalive: Infinity,
    rekey: Infinity,
    reauthentication: Infinity,
    expiry: Infinity,
  };
  #sendsKeepalives = false;
  #suspectedAtMs = -Infinity;
  /** By when the gateway wants the client to prove itself anew, in monotonic milliseconds. */
  #authenticatedUntilMs = Infinity;
  /** The latest ticket of this IKE SA, and when it came. */
  #ticket: { readonly expiresAtEpochSeconds: number; readonly atMs: number } | undefined;

  constructor(configuration: InitiatorConfiguration, random: RandomSource) {
    this.#configuration = configuration;
    this.#random = random;
  }

  /** When the first of them is due, in monotonic milliseconds; Infinity: never. */
  get dueMs(): number {
    return Math.min(...Object.values(this.#due));
  }

  /** The IKE SA is up, no NAT stands before this end, and a ticket came along: all that {@link Schedule.follow} makes of that. */
  cameUp(now: Instant, ticketExpiresAtEpochSeconds: number): void {
    this.#start(now, false);
    this.#ticketReceived(now, ticketExpiresAtEpochSeconds);
  }

  /** The IKE SA is up. */
  #start(now: Instant, isBehindNat: boolean): void {
    this.#sendsKeepalives = isBehindNat && this.#configuration.natKeepaliveSeconds > 0;
    this.#heard(now);
    this.#sent(now);
    this.#rekeyed(now);
  }

  stop(): void {
    for (const chore of Object.keys(this.#due) as Chore[]) this.#due[chore] = Infinity;
    this.#sendsKeepalives = false;
  }

  /** The gateway has said something that is authentic and new. */
  #heard({ monotonicMs }: Instant): void {
    const { livenessSeconds } = this.#configuration;
    this.#due.liveness = livenessSeconds > 0
      ? monotonicMs + livenessSeconds * MS_PER_SECOND * this.#draw(LIVENESS_JITTER)
      : Infinity;
  }

  /** Something has gone out by the path on which the NAT stands. */
  #sent({ monotonicMs }: Instant): void {
    const { natKeepaliveSeconds } = this.#configuration;
    this.#due.keepalive = this.#sendsKeepalives ? monotonicMs + natKeepaliveSeconds * MS_PER_SECOND : Infinity;
  }

  /** The IKE SA has just got new keys. */
  #rekeyed({ monotonicMs }: Instant): void {
    this.#ticket = undefined;
    const { ikeSaLifetimeSeconds, renewal } = this.#configuration;
    this.#due.rekey = ikeSaLifetimeSeconds === undefined
      ? Infinity
      : monotonicMs + ikeSaLifetimeSeconds * MS_PER_SECOND * this.#draw(renewal);
  }

  /** The gateway refused: it may be busy with a Child SA. It is asked again within what is left of the time, more or less. */
  #rekeyLater({ monotonicMs }: Instant): void {
    const { ikeSaLifetimeSeconds } = this.#configuration;
    if (ikeSaLifetimeSeconds === undefined) return;
    const afterMs = ikeSaLifetimeSeconds * MS_PER_SECOND * RETRY_PART * this.#draw(LIVENESS_JITTER);
    this.#due.rekey = monotonicMs + Math.max(afterMs, LEAST_RETRY_MS);
  }

  /**
   * A gateway does not say how long it lets an IKE SA live, but no ticket lives longer (RFC 5723, section 6.2): a renewal that
   * gains far less than the time that has passed tells its end. An IKE SA that takes its place before that lives on.
   */
  #ticketReceived({ monotonicMs, epochSeconds }: Instant, expiresAtEpochSeconds: number): void {
    const earlier = this.#ticket;
    this.#ticket = { expiresAtEpochSeconds, atMs: monotonicMs };
    if (!earlier || !this.#configuration.keepTicketFresh) return;
    const passedSeconds = (monotonicMs - earlier.atMs) / MS_PER_SECOND;
    const gainedSeconds = expiresAtEpochSeconds - earlier.expiresAtEpochSeconds;
    if (passedSeconds < LEAST_PASSED_SECONDS || gainedSeconds > passedSeconds / 2) return;
    const leftMs = Math.max(0, expiresAtEpochSeconds - epochSeconds) * MS_PER_SECOND;
    // Where the reauthentication cuts the ticket short, rekeying gains nothing.
    if (monotonicMs + leftMs > this.#authenticatedUntilMs - LEAST_PASSED_SECONDS * MS_PER_SECOND) return;
    this.#due.rekey = Math.min(this.#due.rekey, monotonicMs + leftMs * this.#draw(this.#configuration.renewal));
  }

  /** The gateway wants the client to prove itself anew within so many seconds (RFC 4478). Rekeying does not change that. */
  #authenticated({ monotonicMs }: Instant, lifetimeSeconds: number): void {
    this.#authenticatedUntilMs = monotonicMs + lifetimeSeconds * MS_PER_SECOND;
    const dueMs = monotonicMs + lifetimeSeconds * MS_PER_SECOND * this.#draw(this.#configuration.renewal);
    this.#due.reauthentication = Math.min(dueMs, this.#due.expiry);
  }

  /**
   * The inner address may be used for so many seconds. Only a new IKE SA brings another, or the same for longer: without one this
   * IKE SA ends then (RFC 4718, section 6.7).
   */
  #assigned({ monotonicMs }: Instant, expirySeconds: number): void {
    const { renewal } = this.#configuration;
    const renewAtMs = monotonicMs + expirySeconds * MS_PER_SECOND * this.#draw(renewal);
    this.#due.reauthentication = Math.min(this.#due.reauthentication, renewAtMs);
    this.#due.expiry = monotonicMs + expirySeconds * MS_PER_SECOND;
  }

  /** An unsigned message says that the gateway does not know the IKE SA: the gateway itself is asked. */
  #suspect({ monotonicMs }: Instant): void {
    if (monotonicMs - this.#suspectedAtMs < SUSPICION_INTERVAL_MS) return;
    this.#suspectedAtMs = monotonicMs;
    this.#due.liveness = monotonicMs;
  }

  /** The state has changed. */
  follow(before: InitiatorState, next: InitiatorState, effects: readonly Effect[], now: Instant): void {
    if (next.waitsFor !== "requests") return this.stop();
    if (before.waitsFor !== "requests") this.#start(now, isBehindNat(before, next));
    for (const effect of effects) {
      if (effect.type === "send") this.#sent(now);
      else if (effect.type === "ike-sa-rekeyed") this.#rekeyed(now);
      else if (effect.type === "ike-sa-rekey-failed") this.#rekeyLater(now);
      else if (effect.type === "ticket-received") this.#ticketReceived(now, effect.ticket.expiresAtEpochSeconds);
      else if (effect.type === "reauthentication-asked") this.#authenticated(now, effect.lifetimeSeconds);
      else if (effect.type === "inner-address-assigned" && effect.expirySeconds !== undefined) {
        this.#assigned(now, effect.expirySeconds);
      }
    }
  }

  /**
   * A message came. One that is dropped, or comes again, leaves the state as it is, and is no sign of life. One in clear that
   * says that the gateway does not know the IKE SA (RFC 7296, section 2.21.4) is nobody's word: the gateway itself is asked.
   */
  received({ payloads }: Message, before: InitiatorState, next: InitiatorState, now: Instant): void {
    if (before.waitsFor !== "requests") return;
    if (next !== before) this.#heard(now);
    else if (findNotify(payloads, NotifyType.INVALID_IKE_SPI)) this.#suspect(now);
  }

  /** What is due now: what is to be asked, and what else is to be done. Each has its next moment after this. */
  take(state: InitiatorState, now: Instant): Due {
    if (state.waitsFor !== "requests") return { requests: [], effects: [] };
    const { spis, path: { local, remote } } = state;
    const requests: ("liveness" | "rekey" | "delete")[] = [];
    const effects: Effect[] = [];
    for (const chore of this.#take(now)) {
      if (chore === "keepalive") effects.push({ type: "send-keepalive", local, remote });
      else if (chore === "reauthentication") effects.push({ type: "reauthentication-due", spis });
      else requests.push(chore === "expiry" ? "delete" : chore);
    }
    return { requests, effects };
  }

  #take(now: Instant): Chore[] {
    const due = (Object.keys(this.#due) as Chore[]).filter((chore) => this.#due[chore] <= now.monotonicMs);
    for (const chore of due) {
      if (chore === "liveness") this.#heard(now);
      else if (chore === "keepalive") this.#sent(now);
      else if (chore === "rekey") this.#rekeyed(now);
      else this.#due[chore] = Infinity;
    }
    return due;
  }

  #draw([least, most]: readonly [number, number]): number {
    const [high, low] = this.#random(2);
    return least + (most - least) * (high << 8 | low) / 0xffff;
  }
}
