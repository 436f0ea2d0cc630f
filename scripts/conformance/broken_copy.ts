/**
 * A copy of the checkout, in which one thing at a time is broken.
 *
 * @module
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Break } from "../../tests/conformance/breaks/break.ts";

/** What is made anew from the rest, or is none of the project's. */
const LEFT_OUT = new Set([".git", "dist", "target", "node_modules", "coverage", "artifacts", "corpus"]);

export class BrokenCopy {
  readonly top: string;
  readonly #whole: { readonly path: string; readonly text: string }[] = [];

  constructor(checkout: string) {
    this.top = mkdtempSync(join(tmpdir(), "conformance-break-"));
    cpSync(checkout, this.top, { recursive: true, filter: (source) => !LEFT_OUT.has(basename(source)) });
  }

  /** Mends what was broken before, and breaks this. Where a text does not stand exactly once, everything stays whole. */
  apply({ and = [], ...change }: Break): "applied" | "no-such-path" | "no-match" | "several-matches" {
    this.mend();
    for (const { within, before, after } of [change, ...and]) {
      const place = join(this.top, within);
      const matches = existsSync(place) ? filesIn(place).flatMap((path) => matchesIn(path, before)) : undefined;
      if (matches?.length !== 1) {
        this.mend();
        return matches === undefined ? "no-such-path" : matches.length === 0 ? "no-match" : "several-matches";
      }
      const [{ path, text, at }] = matches;
      this.#whole.push({ path, text });
      writeFileSync(path, text.slice(0, at) + after + text.slice(at + before.length));
    }
    return "applied";
  }

  mend(): void {
    // A file that was changed twice was whole before the first time.
    for (const { path, text } of this.#whole.splice(0).reverse()) writeFileSync(path, text);
  }

  remove(): void {
    rmSync(this.top, { recursive: true, force: true });
  }
}

function filesIn(place: string): string[] {
  if (statSync(place).isFile()) return [place];
  return readdirSync(place, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(place, name));
}

function matchesIn(path: string, wanted: string): { path: string; text: string; at: number }[] {
  const text = readFileSync(path, "utf8");
  const matches = [];
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) matches.push({ path, text, at });
  return matches;
}
