/**
 * Which requirements are proven, and by which tests.
 *
 * @module
 */
import { DOCUMENTS, type Requirement } from "../../tests/conformance/requirements.ts";
import type { TestResult } from "./junit_report.ts";

export interface MatrixRow {
  readonly id: string;
  /** Proven: at least one test carries the identifier, and every one that does has passed. What was skipped has not. */
  readonly status: "proven" | "open";
  /** Titles of the tests that carry the identifier, however they ended. */
  readonly tests: readonly string[];
}

const IDENTIFIER = /\[([RABC]-[^\]\s]+)\]/g;

/** Names of providers, by which titles of one test differ. */
const PROVIDER_SUFFIX = / \((wasm|node|ts)\)$/;

/** One row for each requirement, in their order. */
export function matrixOf(requirements: readonly Requirement[], results: readonly TestResult[]): MatrixRow[] {
  const byId = new Map<string, TestResult[]>(requirements.map(({ id }) => [id, []]));
  for (const result of results) {
    for (const id of identifiersIn(result.title)) byId.get(id)?.push(result);
  }
  return requirements.map(({ id }) => {
    const carriers = byId.get(id) ?? [];
    const proven = carriers.length > 0 && carriers.every(({ outcome }) => outcome === "passed");
    return { id, status: proven ? "proven" : "open", tests: [...new Set(carriers.map(({ title }) => title))] };
  });
}

/** Identifiers that a title carries, each once. */
export function identifiersIn(title: string): string[] {
  return [...new Set(Array.from(title.matchAll(IDENTIFIER), ([, id]) => id))];
}

/** Identifiers in titles that no requirement has: a slip of the pen, by which a proof would be lost. */
export function unknownIdentifiers(requirements: readonly Requirement[], results: readonly TestResult[]): string[] {
  const known = new Set(requirements.map(({ id }) => id));
  const unknown = new Set(results.flatMap(({ title }) => identifiersIn(title)).filter((id) => !known.has(id)));
  return [...unknown].sort();
}

/** The matrix for people: one line a row, the tests of it indented below. */
export function matrixText(requirements: readonly Requirement[], rows: readonly MatrixRow[]): string {
  const lines: string[] = [];
  for (const [index, { id, status, tests }] of rows.entries()) {
    lines.push(`${id.padEnd(9)} ${status.padEnd(6)}  ${requirements[index].text}`);
    for (const title of withoutProviders(tests)) lines.push(`${" ".repeat(18)}${title}`);
  }
  lines.push("", ...summary(rows));
  return `${lines.join("\n")}\n`;
}

/** The matrix as a document. */
export function matrixDocument(requirements: readonly Requirement[], rows: readonly MatrixRow[]): string {
  const sections = Object.entries(DOCUMENTS).map(([letter, document]) => {
    const table = rows.flatMap(({ id, status, tests }, index) => {
      if (!id.startsWith(`${letter}-`)) return [];
      const titles = withoutProviders(tests).map((title) => cell(titleAlone(title))).join("<br>");
      return [`| ${id} | ${cell(requirements[index].text)} | ${status} | ${titles} |`];
    });
    return [`## ${letter}: ${document}`, "", "| id | behaviour | status | tests |", "| --- | --- | --- | --- |", ...table].join(
      "\n",
    );
  });
  return [
    "<!-- deno-fmt-ignore-file -->",
    "",
    "# Conformance",
    "",
    "Written by `deno task conformance --write`; not to be edited. A row is proven when at least one test carries its identifier in",
    "the title and every test that does has passed; the tests that need cryptography ran over every provider.",
    "",
    ...summary(rows).map((line) => `- ${line}`),
    "",
    sections.join("\n\n"),
    "",
  ].join("\n");
}

/** Identifiers of the rows whose behaviour or status is not the same in two documents, or that only one has. Titles may differ. */
export function differingRows(one: string, other: string): string[] {
  const [ours, theirs] = [one, other].map(statedRows);
  const ids = new Set([...ours.keys(), ...theirs.keys()]);
  return [...ids].filter((id) => ours.get(id) !== theirs.get(id));
}

/** Of each row, by its identifier, the cells that {@link differingRows} looks at. */
export function statedRows(document: string): Map<string, string> {
  const rows = Array.from(
    document.matchAll(/^\| ([RABC]-\S+) \| (.*) \| (proven|open) \|/gm),
    ([, id, behaviour, status]): [string, string] => [id, `${status} ${behaviour}`],
  );
  return new Map(rows);
}

function summary(rows: readonly MatrixRow[]): string[] {
  return Object.entries(DOCUMENTS).map(([letter, document]) => {
    const of = rows.filter(({ id }) => id.startsWith(`${letter}-`));
    return `${letter}: ${of.filter(({ status }) => status === "proven").length} of ${of.length} rows proven (${document})`;
  });
}

/** A test that ran over every provider is told once. */
function withoutProviders(titles: readonly string[]): string[] {
  return [...new Set(titles.map((title) => title.replace(PROVIDER_SUFFIX, "")))];
}

function titleAlone(title: string): string {
  return title.replaceAll(IDENTIFIER, "").replaceAll(/\s+/g, " ").trim();
}

/** What would end a cell, or be taken for markup, does neither. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("*", "\\*");
}
