/**
 * `deno task arrows`: fails, naming file and line, where a file of src, bindings or bench breaks the direction of imports
 * or another of the rules that can be read off a file.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { violationsIn } from "./arrows/violations.ts";

const TOP = fileURLToPath(new URL("..", import.meta.url));
const FOLDERS = ["src", "bindings", "bench"];
/** Written by tools: not this project's to style. */
const GENERATED = ["bindings/generated/", "bench/generated/"];

const files = ["mod.ts", ...FOLDERS.flatMap(typescriptFiles)];
const violations = files.flatMap((file) => violationsIn(file, readFileSync(join(TOP, file), "utf8")));
for (const violation of violations) console.error(violation);
console.log(`${files.length} files checked, ${violations.length} violations`);
process.exit(violations.length === 0 ? 0 : 1);

function typescriptFiles(folder: string): string[] {
  return readdirSync(join(TOP, folder), { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
    .filter((name) => name.endsWith(".ts") && !GENERATED.some((folder) => name.startsWith(folder)))
    .sort();
}
