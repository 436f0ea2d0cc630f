/**
 * Options of a command by their flags.
 *
 * @module
 */
import type { Command, Option } from "commander";

/** @throws {Error} there is no such option: a programmer's error */
export function optionOf(command: Command, flag: string): Option {
  const found = command.options.find(({ long }) => long === flag);
  if (found === undefined) throw new Error(`the gateway has no option ${flag}`);
  return found;
}
