/**
 * From which file of a checkout a function of this process comes, also where it was bundled.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import type { Runtime } from "node:inspector";
import { fileURLToPath } from "node:url";

/** Where a path within a checkout begins. */
const IN_CHECKOUT = /(?:^|\/)((?:src|bindings|bench)\/.*\.ts)$/;
/** Comments by which a bundle tells whose lines follow. */
const BUNDLED_SOURCE = /^\/\/ (\S+\.[cm]?[jt]s)$/;

export class SourceFinder {
  readonly #bundles = new Map<string, readonly (readonly [line: number, source: string])[]>();

  /** From the top of the checkout; `undefined`: none of it. */
  sourceOf({ url, lineNumber }: Pick<Runtime.CallFrame, "url" | "lineNumber">): string | undefined {
    if (!url.startsWith("file:")) return undefined;
    if (url.endsWith(".ts")) return IN_CHECKOUT.exec(url)?.[1];
    const section = this.#sectionsOf(url).findLast(([line]) => line <= lineNumber);
    return section && IN_CHECKOUT.exec(section[1])?.[1];
  }

  #sectionsOf(url: string): readonly (readonly [number, string])[] {
    let sections = this.#bundles.get(url);
    if (sections === undefined) {
      sections = readFileSync(fileURLToPath(url), "utf8").split("\n").flatMap((text, line) => {
        const source = BUNDLED_SOURCE.exec(text)?.[1];
        return source === undefined ? [] : [[line, source] as const];
      });
      this.#bundles.set(url, sections);
    }
    return sections;
  }
}
