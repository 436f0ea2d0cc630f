/**
 * What deno.json says about the project: the one place where versions and entry points stand.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The top of the checkout, with a separator at its end. */
export const TOP: string = fileURLToPath(new URL("../..", import.meta.url));

export interface Project {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** Sub-path ("." or "./wire") to source file ("./mod.ts"). */
  readonly exports: Readonly<Record<string, string>>;
  /** Bare specifier to `npm:name@version`. */
  readonly imports: Readonly<Record<string, string>>;
}

/** Packages that are used where they are installed, in the version that is tested: what few need, and what is large. Deno needs no `koffi`. */
export const OPTIONAL_PEERS: Readonly<Record<string, string>> = {
  "@redis/client": "6.3.1",
  koffi: "3.3.4",
  vega: "6.4.0",
  "vega-lite": "6.5.0",
};

export function readProject(): Project {
  return JSON.parse(readFileSync(join(TOP, "deno.json"), "utf8")) as Project;
}

/** The pinned version of each package in `names`. */
export function pinnedVersions(project: Project, names: Iterable<string>): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const name of [...new Set(names)].sort()) {
    const pinned = /^npm:(?:@[^/]+\/)?[^@]+@(?<version>[^/]+)$/.exec(project.imports[name] ?? "");
    if (pinned?.groups === undefined) throw new Error(`${name} is imported, and deno.json pins no version of it`);
    versions[name] = pinned.groups["version"] as string;
  }
  return versions;
}

/** `@noble/hashes` of `@noble/hashes/hmac.js`. */
export function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}
