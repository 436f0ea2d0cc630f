/**
 * `--log-format` and `--log-level`: one stream of lines with time and level.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { repeated } from "../option_values.ts";
import { LOG_LEVELS, type LogLevel } from "./log_levels.ts";

export const LOG_FORMATS = ["json", "logfmt"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LogOptions {
  readonly logFormat?: LogFormat;
  readonly logLevel: LogLevel;
  readonly logRedact?: readonly string[];
}

export function addLogOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--log-format <name>",
        "events and complaints as one stream on standard output, each line with time and level; in place of --json",
      ).choices(LOG_FORMATS),
    )
    .addOption(
      new Option("--log-level <name>", "with --log-format: the least urgent lines that are written").choices(LOG_LEVELS)
        .default("info"),
    )
    .option(
      "--log-redact <field>",
      "with --log-format: a field whose value is not written, such as initiator_id or remote (may be repeated)",
      repeated(fieldName),
    );
}

function fieldName(text: string): string {
  if (!/^[a-z][a-z0-9_]*$/.test(text)) throw new InvalidArgumentError("Allowed are names of fields, such as initiator_id.");
  return text;
}
