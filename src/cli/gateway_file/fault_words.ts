/**
 * What is wrong with a configuration file, in a line for each fault.
 *
 * @module
 */
import { closest } from "fastest-levenshtein";
import type * as v from "valibot";
import { type FieldPath, lineOfField } from "./field_line.ts";
import { FILE_TABLES } from "./tables.ts";
import { ENTRY_KEYS } from "./users.ts";

/** `gateway.toml:12: listen.port: 70000 is out of range: …` */
export function faultOf(path: string, text: string, issue: v.BaseIssue<unknown>): string {
  const keys: FieldPath = (issue.path ?? []).map(({ key }) => key as string | number);
  return `${path}:${lineOfField(text, keys)}: ${nameOf(keys)}: ${wordsOf(issue, keys)}`;
}

/** `user[0].id`: as people write it. */
function nameOf(keys: FieldPath): string {
  return keys.map((key, index) => typeof key === "number" ? `[${key}]` : index === 0 ? key : `.${key}`).join("");
}

/** What is wrong, and what is allowed. A value is never repeated: it may be a secret in a wrong place. */
function wordsOf(issue: v.BaseIssue<unknown>, keys: FieldPath): string {
  if (issue.type === "strict_object" && issue.expected === "never") return unknownKey(keys);
  if (issue.type === "strict_object" && issue.expected !== "Object") return "it is missing";
  switch (issue.type) {
    case "integer":
      return "not a whole number";
    case "min_value":
    case "max_value":
      return `${issue.received} is out of range: allowed is ${issue.expected}`;
    case "picklist":
      return `unknown: allowed are ${issue.expected?.replace(/^\(|\)$/g, "").replaceAll(" | ", ", ")}`;
    case "union":
      // Text that its parser refuses is told by the parser's words.
      return issue.issues?.find(({ type }) => type === "raw_check")?.message ?? `expected ${issue.message}`;
    case "raw_check":
    case "regex":
      return issue.message;
    default:
      return `expected ${TYPES[String(issue.expected)] ?? issue.expected}`;
  }
}

const TYPES: { readonly [name: string]: string } = {
  string: "text, in quotes",
  number: "a number",
  boolean: "true or false",
  Array: "a list, in brackets",
  Object: "a table",
};

function unknownKey(keys: FieldPath): string {
  const known = siblings(keys);
  const name = String(keys.at(-1));
  const meant = known.length > 0 ? closest(name, known as string[]) : name;
  return `unknown: did you mean ${meant}? Allowed are ${known.join(", ")}`;
}

function siblings(keys: FieldPath): readonly string[] {
  if (keys.length === 1) return ["include", ...Object.keys(ENTRY_KEYS), ...Object.keys(FILE_TABLES)];
  return ENTRY_KEYS[String(keys[0])] ?? Object.keys(FILE_TABLES[String(keys[0])]?.options ?? {});
}
