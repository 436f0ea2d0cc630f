/**
 * Events as lines of a log, by pino: with time and level, and numbers of notifies by their names. Loaded where there is a log alone.
 *
 * @module
 */
import { pino } from "pino";
import { NotifyType } from "../../wire/constants.ts";
import { type EventObject, logfmt } from "../effect_event.ts";
import { levelOf, type LogLevel, type LogThreshold } from "./log_levels.ts";
import type { LogFormat } from "./log_options.ts";

export interface EventLogOptions {
  readonly format: LogFormat;
  readonly level: LogLevel;
  /** Names of fields in place of whose values `[redacted]` is written. */
  readonly redact: readonly string[];
}

/** Its level may change at any time. */
export interface EventLog extends LogThreshold {
  /** The line of an event, without its end; `undefined`: it is less urgent than the level. */
  line(event: EventObject): string | undefined;
  /** The same, whatever the level. */
  anyLine(event: EventObject): string;
}

/** No event of a log has them, and none ever shall. */
const ALWAYS_REDACTED = ["inbound_keys", "outbound_keys"];

export function openEventLog({ format, level, redact }: EventLogOptions): EventLog {
  const written: string[] = [];
  const logger = pino({
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: [...ALWAYS_REDACTED, ...redact], censor: "[redacted]" },
    // pino writes at once, and in this thread: where lines go from here, none of its destinations could wait for as ours do.
  }, { write: (line: string) => written.push(line) });
  const unlimited = logger.child({}, { level: "debug" });
  const lineBy = (by: typeof logger, event: EventObject): string | undefined => {
    by[levelOf(event)](entryOf(event));
    const line = written.pop();
    if (line === undefined || format === "logfmt") return line && logfmtOf(line);
    return line.trimEnd();
  };
  return {
    get level() {
      return logger.level as LogLevel;
    },
    set level(level) {
      logger.level = level;
    },
    line: (event) => lineBy(logger, event),
    anyLine: (event) => lineBy(unlimited, event) ?? "",
  };
}

/** What the event says in its own fields. */
function entryOf({ event, notify, level: _, ...fields }: EventObject): object {
  return { event, ...(notify !== undefined && { notify, notify_name: notifyName(notify) }), ...fields };
}

function logfmtOf(line: string): string {
  const { level, time, ...fields } = JSON.parse(line) as { readonly level: LogLevel; readonly time: string };
  return logfmt({ time, level, ...fields });
}

const NOTIFY_NAMES: ReadonlyMap<unknown, string> = new Map(Object.entries(NotifyType).map(([name, type]) => [type, name]));

function notifyName(type: unknown): string {
  return NOTIFY_NAMES.get(type) ?? "unknown";
}
