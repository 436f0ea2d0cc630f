/**
 * The code blocks of a page, so that tests run what readers copy, and nothing beside it.
 *
 * @module
 */
import { readFileSync } from "node:fs";

export interface Block {
  /** What stands behind the three marks; often empty. */
  readonly language: string;
  readonly text: string;
  /** The file that it is, where its first line, or with XML its second, is a comment with a path alone. */
  readonly file: string | undefined;
}

/**
 * The blocks below the heading of a page, with whatever number of `#`, down to the next of its rank or above.
 *
 * @param page from the top of the checkout
 */
export function blocksBelow(page: string, heading: string): Block[] {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), "utf8");
  const lines = text.split("\n");
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, "") === heading);
  if (start < 0) throw new Error(`${page} has no heading "${heading}"`);
  const rank = lines[start].indexOf(" ");
  const end = lines.findIndex((line, index) => index > start && headingRank(lines, index) <= rank && /^#+ /.test(line));
  const below = lines.slice(start + 1, end < 0 ? undefined : end).join("\n");
  return [...below.matchAll(/^```(?<language>\w*)\n(?<text>[^]*?)^```$/gm)].map(({ groups }) => {
    const { language = "", text = "" } = groups ?? {};
    return { language, text, file: fileOf(text) };
  });
}

/** What is in blocks is no heading. */
function headingRank(lines: readonly string[], index: number): number {
  const marks = lines.slice(0, index).filter((line) => line.startsWith("```")).length;
  return marks % 2 === 1 ? Infinity : lines[index].indexOf(" ");
}

function fileOf(text: string): string | undefined {
  return /^(?:<\?xml[^\n]*\n)?(?:# |<!-- )(?<path>[\w./-]+\.\w+)(?: -->)?\n/.exec(text)?.groups?.["path"];
}
