/**
 * Events as lines of a log: with time and level, and numbers of notifies by their names.
 *
 * @module
 */
import { NotifyType } from "../../wire/constants.ts";
import { type EventObject, logfmt } from "../effect_event.ts";

/** The least urgent comes first. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ["json", "logfmt"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Which lines are written; may change at any time. */
export interface LogThreshold {
  level: LogLevel;
}

export function isLogged(event: EventObject, { level }: LogThreshold): boolean {
  return LOG_LEVELS.indexOf(levelOf(event)) >= LOG_LEVELS.indexOf(level);
}

/** One line: what the event says in its own fields, behind time (ISO 8601, UTC) and level. */
export function logLine(event: EventObject, format: LogFormat, time: Date): string {
  const { event: name, notify, level: _, ...fields } = event;
  const entry = {
    time: time.toISOString(),
    level: levelOf(event),
    event: name,
    ...(notify !== undefined && { notify, notify_name: notifyName(notify) }),
    ...fields,
  };
  if (format === "json") return JSON.stringify(entry);
  return logfmt(entry);
}

/** Its own, where it has one: "message" events, which are lines for people. */
function levelOf({ event, level }: EventObject): LogLevel {
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
  "events-left-out": "warn",
  "worker-died": "error",
};

const NOTIFY_NAMES: ReadonlyMap<unknown, string> = new Map(Object.entries(NotifyType).map(([name, type]) => [type, name]));

function notifyName(type: unknown): string {
  return NOTIFY_NAMES.get(type) ?? "unknown";
}
