/**
 * How urgent events are.
 *
 * @module
 */
import type { EventObject } from "../effect_event.ts";

/** The least urgent comes first. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Which lines are written; may change at any time. */
export interface LogThreshold {
  level: LogLevel;
}

/** Its own, where it has one: "message" events, which are lines for people. */
export function levelOf({ event, level }: EventObject): LogLevel {
  const own = LOG_LEVELS.find((each) => each === level);
  return own ?? LEVELS[event] ?? "info";
}

/** Of events that are not "info". What anybody can cause by sending a datagram is "debug", but for failed logins. */
const LEVELS: { readonly [event: string]: LogLevel } = {
  "dropped": "debug",
  "init-refused": "debug",
  "half-open-ended": "debug",
  "peer-alive": "debug",
  "ticket-refused": "debug",
  "authentication-failed": "warn",
  "ike-sa-rekey-failed": "warn",
  "child-sa-rekey-failed": "warn",
  "child-sa-failed": "warn",
  "address-update-refused": "warn",
  "ticket-not-revoked": "warn",
  "ticket-keys-rejected": "warn",
  "ticket-key-overdue": "warn",
  "configuration-rejected": "warn",
  "policy-refused": "warn",
  "policy-fault": "error",
  "revocations-rejected": "warn",
  "events-left-out": "warn",
  "worker-died": "error",
};
