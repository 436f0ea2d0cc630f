/**
 * Judges files: what they import, what a pure room reaches for, forms that are not used here, length.
 *
 * @module
 */
import { posix } from "node:path";
import { mayImport, type Room, roomOf } from "./rooms.ts";
import { type Import, readSource } from "./source.ts";

/** What a pure room takes as an argument instead of reaching for it. */
const IMPURE_GLOBALS: ReadonlySet<string> = new Set([
  "Date",
  "performance",
  "Temporal",
  "Math.random",
  "crypto",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "process",
  "Deno",
  "Buffer",
  "fetch",
  "console",
  "globalThis",
  "self",
  "window",
  "require",
]);

/** A longer file of `src` holds more than one idea. */
const MOST_LINES = 300;

/**
 * Every violation in one file, each as `file:line: what is wrong`.
 *
 * @param file path from the top of the checkout, with forward slashes
 */
export function violationsIn(file: string, text: string): string[] {
  const room = roomOf(file);
  if (room === undefined) return [];
  const facts = readSource(file, text);
  const found: { readonly line: number; readonly what: string }[] = [];
  for (const one of facts.imports) {
    const what = forbiddenImport(room, file, one);
    if (what !== undefined) found.push({ line: one.line, what });
  }
  for (const { name, line } of facts.globals) {
    if (room.pure && IMPURE_GLOBALS.has(name)) {
      found.push({ line, what: `${room.path} must not use ${name}: clock, randomness, timers and I/O are passed in` });
    }
  }
  for (const { what, line } of facts.forbiddenForms) found.push({ line, what: `${what} is not used in this project` });
  const lines = text.split("\n").length - 1;
  if (file.startsWith("src/") && lines > MOST_LINES) {
    found.push({
      line: MOST_LINES + 1,
      what: `${lines} lines, expected ${MOST_LINES} at most: split the file by what it is about`,
    });
  }
  return found.sort((a, b) => a.line - b.line).map(({ line, what }) => `${file}:${line}: ${what}`);
}

function forbiddenImport(room: Room, file: string, { specifier }: Import): string | undefined {
  if (specifier === undefined) return "an import whose target is computed cannot be checked: write it as a literal";
  if (specifier.startsWith("node:")) {
    return room.nodeModules ? undefined : `${room.path} must not import ${specifier}: it runs without a runtime's modules`;
  }
  if (!specifier.startsWith(".")) {
    const allowed = room.packages.some((prefix) => specifier.startsWith(prefix));
    return allowed ? undefined : `${room.path} must not import the package ${specifier}`;
  }
  const target = posix.normalize(posix.join(posix.dirname(file), specifier));
  if (roomOf(target) === room || mayImport(room, target)) return undefined;
  const allowed = room.imports.length === 0 ? "nothing" : `only ${room.imports.join(", ")}`;
  return `${room.path} must not import ${target} (it may import ${allowed})`;
}
