/**
 * Which test files claim which requirements, by the titles that stand in their text.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { identifiersIn } from "./matrix.ts";

/** What `deno task conformance` does not run, and what takes longest. */
const NOT_RUN = ["interop", "runtimes"];
const SLOW = ["load", "gateway", "cli", "bench", "docs"];

/**
 * Paths of test files below `tests` by the identifiers in them, in order of their names.
 *
 * @param top the checkout.
 */
export function filesByClaim(top: string): ReadonlyMap<string, readonly string[]> {
  const files = testFiles(join(top, "tests"), "tests", NOT_RUN).sort();
  const byId = new Map<string, string[]>();
  for (const file of files) {
    for (const id of identifiersIn(readFileSync(join(top, file), "utf8"))) {
      byId.set(id, [...byId.get(id) ?? [], file]);
    }
  }
  return byId;
}

function testFiles(folder: string, path: string, skipped: readonly string[] = []): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const inside = `${path}/${entry.name}`;
    if (entry.isDirectory()) return skipped.includes(entry.name) ? [] : testFiles(join(folder, entry.name), inside);
    return entry.name.endsWith("_test.ts") ? [inside] : [];
  });
}

/** Those of rooms whose tests are quick, and then those of the others; neither where there are none. */
export function quickAndSlow(files: readonly string[]): readonly (readonly string[])[] {
  return [files.filter((file) => !isSlow(file)), files.filter(isSlow)].filter(({ length }) => length > 0);
}

function isSlow(file: string): boolean {
  return SLOW.includes(file.split("/")[1]);
}
