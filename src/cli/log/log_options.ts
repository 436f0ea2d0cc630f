/**
 * `--log-format` and `--log-level`: one stream of lines with time and level.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from "./log_lines.ts";

export interface LogOptions {
  readonly logFormat?: LogFormat;
  readonly logLevel: LogLevel;
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
    );
}
