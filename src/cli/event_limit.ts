/**
 * Holds back events that anyone can cause by sending a datagram: a log must not grow as fast as a flood comes in.
 *
 * @module
 */
import type { Effect } from "../ike/states/effect.ts";
import type { EventObject } from "./effect_event.ts";

/** Enough to see what is going on; what is beyond is counted. */
const EVENTS_PER_SECOND = 10;
const MILLISECONDS_PER_SECOND = 1000;

/**
 * Events that a datagram is enough for; failed logins, which a flood of the others must not keep out of the log; and what a policy answers, which
 * whoever knows a shared key can have asked about any number of names.
 */
type Kind = "anybody's" | "login" | "policy";

/** Lets through {@link EVENTS_PER_SECOND} of each kind in each second, and every event that only a known peer can cause. */
export class EventLimit {
  readonly #write: (event: EventObject) => void;
  readonly #nowMs: () => number;
  #second = -1;
  #written = nothingWritten();
  #leftOut = 0;

  /** `nowMs`: milliseconds of any clock that does not step back. */
  constructor(write: (event: EventObject) => void, nowMs: () => number) {
    this.#write = write;
    this.#nowMs = nowMs;
  }

  take(effect: Effect, event: EventObject): void {
    const kind = kindOf(effect);
    if (kind === undefined) this.#write(event);
    else this.#takeOf(kind, event);
  }

  /** An event of a policy that keeps users elsewhere. */
  takePolicy(event: EventObject): void {
    this.#takeOf("policy", event);
  }

  #takeOf(kind: Kind, event: EventObject): void {
    const second = Math.floor(this.#nowMs() / MILLISECONDS_PER_SECOND);
    if (second !== this.#second) this.#begin(second);
    if (this.#written[kind] < EVENTS_PER_SECOND) {
      this.#written[kind]++;
      this.#write(event);
    } else {
      this.#leftOut++;
    }
  }

  #begin(second: number): void {
    if (this.#leftOut > 0) this.#write({ event: "events-left-out", count: this.#leftOut });
    this.#second = second;
    this.#written = nothingWritten();
    this.#leftOut = 0;
  }
}

function nothingWritten(): Record<Kind, number> {
  return { "anybody's": 0, login: 0, policy: 0 };
}

function kindOf(effect: Effect): Kind | undefined {
  switch (effect.type) {
    case "authentication-failed":
      return "login";
    case "dropped":
    case "ticket-refused":
    case "init-refused":
    case "half-open-ended":
      return "anybody's";
    case "ike-sa-down":
      return effect.reason === "authentication-failed" ? "anybody's" : undefined;
    default:
      return undefined;
  }
}
