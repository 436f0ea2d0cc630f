/**
 * What the value of an option is in TOML: its type, its bounds, and whatever else its own parser asks for.
 *
 * @module
 */
import { InvalidArgumentError, type Option } from "commander";
import * as v from "valibot";
import type { Decimal, Repeated, WholeNumber } from "../option_values.ts";
import { fieldDescription } from "./file_terms.ts";

/** Values as they stand in TOML: text, numbers, booleans, and lists of text. */
export type FieldSchema = v.GenericSchema<string | number | boolean | readonly string[]>;

export function schemaOfOption(option: Option): FieldSchema {
  const { parseArg } = option;
  const text = fieldDescription(option);
  if (isSwitch(option)) return v.pipe(v.boolean(), v.description(text));
  if (option.argChoices !== undefined) return v.pipe(v.picklist(option.argChoices), v.description(text));
  if (isWholeNumber(parseArg)) {
    const { least, most } = parseArg;
    return v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most), v.description(text));
  }
  if (isDecimal(parseArg)) {
    return v.pipe(v.number(), v.minValue(parseArg.from), v.maxValue(parseArg.to), v.description(text));
  }
  if (isRepeated(parseArg)) {
    const one = v.pipe(v.string(), parsedBy<string>(option));
    return v.pipe(v.union([one, v.array(one)], "text or a list of text"), v.description(text));
  }
  if (option.long === NUMBER_OR_WORD) {
    return v.pipe(
      v.union([v.string(), v.number()], "text or a number"),
      parsedBy<string | number>(option),
      v.description(text),
    );
  }
  return v.pipe(v.string(), parsedBy<string>(option), v.description(text));
}

/** What a command line would have said in place of a value of the file: texts, to be parsed one after the other. */
export function wordsOf(value: string | number | boolean | readonly string[]): readonly string[] {
  return typeof value === "object" ? value : [String(value)];
}

/** Options that are said or not said. */
export function isSwitch(option: Option): boolean {
  return option.isBoolean() || option.negate;
}

/** The one option whose value is a word or a number. */
const NUMBER_OR_WORD = "--unique";

function isWholeNumber(parse: unknown): parse is WholeNumber {
  return typeof parse === "function" && "least" in parse;
}

export function isDecimal(parse: unknown): parse is Decimal {
  return typeof parse === "function" && "from" in parse;
}

export function isRepeated(parse: unknown): parse is Repeated<unknown> {
  return typeof parse === "function" && "isRepeated" in parse;
}

function parsedBy<Value extends string | number>(option: Option): v.RawCheckAction<Value> {
  return v.rawCheck<Value>(({ dataset, addIssue }) => {
    if (!dataset.typed || option.parseArg === undefined) return;
    try {
      option.parseArg(String(dataset.value), undefined);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      addIssue({ message: error.message });
    }
  });
}
