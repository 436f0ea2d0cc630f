/**
 * Which tests ran and how they ended, as `deno test --junit-path` writes it down.
 *
 * @module
 */

export interface TestResult {
  /** The whole title; of a step, with those of the tests around it before it. */
  readonly title: string;
  readonly outcome: "passed" | "failed" | "skipped";
}

/** A report cannot be read. */
export class ReportError extends Error {
  override readonly name = "ReportError";
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/**
 * The results in a report, in its order.
 *
 * @throws {ReportError} it is cut off, or is none.
 */
export function parseJunitReport(xml: string): TestResult[] {
  if (!/<testsuites[\s>]/.test(xml) || !/<\/testsuites>\s*$/.test(xml)) {
    throw new ReportError("not a whole JUnit report: expected <testsuites> … </testsuites>");
  }
  const results: TestResult[] = [];
  // In what the report quotes "<" is always written as an entity: a tag is a tag.
  for (const [, attributes, selfClosed, body = ""] of xml.matchAll(/<testcase\s([^>]*?)(?:(\/)>|>([\s\S]*?)<\/testcase>)/g)) {
    const name = /(?:^|\s)name="([^"]*)"/.exec(attributes)?.[1];
    if (name === undefined) throw new ReportError("a testcase without a name");
    results.push({ title: unescape(name), outcome: selfClosed ? "passed" : outcomeOf(body) });
  }
  return results;
}

function outcomeOf(body: string): TestResult["outcome"] {
  if (/<(?:failure|error)[\s/>]/.test(body)) return "failed";
  return /<skipped[\s/>]/.test(body) ? "skipped" : "passed";
}

function unescape(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (entity, hexadecimal, decimal, name) => {
    if (hexadecimal !== undefined) return String.fromCodePoint(parseInt(hexadecimal, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return ENTITIES[name] ?? entity;
  });
}
