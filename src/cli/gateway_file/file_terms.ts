/**
 * What options say of themselves and of each other, in the terms of a configuration file.
 *
 * @module
 */
import type { Command, Option } from "commander";
import { FILE_TABLES } from "./tables.ts";

/** `listen.port` of `--port`. */
export function keyOfOption(flag: string): string | undefined {
  for (const [table, { options }] of Object.entries(FILE_TABLES)) {
    for (const [key, its] of Object.entries(options)) if (its === flag) return `${table}.${key}`;
  }
  return undefined;
}

/** What a field means. Negated options say what `false` does. */
export function fieldDescription({ description, negate }: Option): string {
  const text = inFileTerms(description.replace(/ \(may be repeated[^)]*\)/, ""));
  return negate ? `false: ${text}` : text;
}

/** Words about options, where their flags become keys: all of them, or those that `command` has from its file. */
export function inFileTerms(words: string, command?: Command): string {
  return words.replace(/--[a-z0-9][a-z0-9-]*/g, (flag) => {
    const option = command?.options.find(({ long }) => long === flag);
    const isOfFile = option === undefined || command?.getOptionValueSource(option.attributeName()) === "config";
    return isOfFile ? keyOfOption(flag) ?? flag : flag;
  });
}
