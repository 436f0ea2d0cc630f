/**
 * Makes the options of `ike-resume gateway` of a configuration file and a command line: what the command line says wins.
 *
 * @module
 */
import type { Command } from "commander";
import { dirname, resolve } from "node:path";
import { isEnvironmentName } from "../secret_files.ts";
import { isRepeated, isSwitch, wordsOf } from "./option_schema.ts";
import type { ReadGatewayFile } from "./read_gateway_file.ts";
import { optionOf } from "./option_of.ts";
import { FILE_TABLES } from "./tables.ts";

/** Who has said what an option is, of those who go before a file: people who write commands, or their environment. */
const BEFORE_FILE = ["cli", "env"];

/**
 * Gives those options their values that the command line left out.
 *
 * @param command `ike-resume gateway`, whose command line was parsed
 */
export function applyGatewayFile({ path, tables }: ReadGatewayFile, command: Command): void {
  for (const [table, values] of Object.entries(tables)) {
    const { options, paths = [] } = FILE_TABLES[table];
    for (const [key, value] of Object.entries(values)) {
      const option = optionOf(command, options[key]);
      const name = option.attributeName();
      if (BEFORE_FILE.includes(command.getOptionValueSource(name) ?? "")) continue;
      if (isSwitch(option)) {
        command.setOptionValueWithSource(name, value, "config");
        continue;
      }
      const words = wordsOf(value).map((word) => paths.includes(key) ? fromFolderOf(path, word) : word);
      command.setOptionValueWithSource(name, parsed(words, option.parseArg), "config");
    }
  }
}

/**
 * What an option is by a file that was read later: as {@link applyGatewayFile} has it, but that nothing is changed.
 *
 * @param flag an option that has a place in the file
 */
export function valueByFile({ path, tables }: ReadGatewayFile, command: Command, flag: string): unknown {
  const option = optionOf(command, flag);
  const name = option.attributeName();
  if (BEFORE_FILE.includes(command.getOptionValueSource(name) ?? "")) return command.getOptionValue(name);
  for (const [table, { options, paths = [] }] of Object.entries(FILE_TABLES)) {
    for (const [key, its] of Object.entries(options)) {
      const value = its === flag ? tables[table]?.[key] : undefined;
      if (value === undefined) continue;
      if (isSwitch(option)) return value;
      return parsed(wordsOf(value).map((word) => paths.includes(key) ? fromFolderOf(path, word) : word), option.parseArg);
    }
  }
  return option.defaultValue;
}

/** Paths start from the folder that the file is in: it can be moved with what it names, and means the same wherever the program is started. */
export function fromFolderOf(file: string, word: string): string {
  return isEnvironmentName(word) ? word : resolve(dirname(file), word);
}

function parsed(words: readonly string[], parse: ((word: string, earlier: unknown) => unknown) | undefined): unknown {
  if (parse === undefined) return words[0];
  return words.reduce<unknown>((earlier, word) => parse(word, isRepeated(parse) ? earlier : undefined), undefined);
}
