/**
 * Where test vectors are found.
 *
 * `tests/vectors/data/` holds what the project carries itself. Third-party files are not part of the project: they are
 * looked for where the environment variable IKE_RESUME_VECTORS points, or in `../shared/vectors` beside the project.
 * A test whose vectors are absent says so in one line and is skipped; where IKE_RESUME_NO_SKIPS is set it fails instead.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { env } from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { skipIsFailure } from "../skips.ts";

const here = dirname(fileURLToPath(import.meta.url));
const carried = join(here, "data");
const beside = resolve(here, "..", "..", "..", "shared", "vectors");
const roots = [carried, env.IKE_RESUME_VECTORS || beside];

/** The path of a vector file or folder, as `wycheproof/aes_gcm_test.json`; undefined if it is absent. */
export function vectorsPath(name: string): string | undefined {
  return roots.map((root) => join(root, name)).find((path) => existsSync(path));
}

/**
 * A test that needs a vector file or folder. Absent: skipped with one clear line, or failed where IKE_RESUME_NO_SKIPS is set.
 *
 * @param name as for {@link vectorsPath}
 * @param body gets the path
 */
export function testWithVectors(title: string, name: string, body: (path: string) => void | Promise<void>): void {
  const path = vectorsPath(name);
  if (path !== undefined) {
    test(title, () => body(path));
    return;
  }
  const absence = `vectors ${name} are absent: set IKE_RESUME_VECTORS to the folder that holds them`;
  if (skipIsFailure()) {
    test(title, () => assert.fail(absence));
    return;
  }
  console.log(`skipped: ${absence}`);
  test(title, { skip: absence }, () => {});
}

/** Reads JSON, also gzipped (`.gz`), from a path that {@link vectorsPath} gave. The caller states its shape. */
export function readVectorJson<T>(path: string): T {
  const octets = readFileSync(path);
  return JSON.parse((path.endsWith(".gz") ? gunzipSync(octets) : octets).toString("utf8")) as T;
}

/** The octets of a file at a path that {@link vectorsPath} gave. */
export function readVectorOctets(path: string): Uint8Array {
  return new Uint8Array(readFileSync(path));
}

/** Hexadecimal text to octets; spaces, colons and line ends are skipped. */
export function fromHex(text: string): Uint8Array {
  const digits = text.replaceAll(/[\s:]/g, "");
  assert.match(digits, /^(?:[0-9a-f]{2})*$/i, "hexadecimal digits in pairs");
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

/** Octets to hexadecimal text. */
export function toHex(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
}

/** The same vectors four times, each time one place further on: a provider may work on up to four members side by side. */
export function inEveryPosition<T>(vectors: readonly T[]): T[][] {
  return [0, 1, 2, 3].map((
    places,
  ) => [...vectors.slice(vectors.length - places), ...vectors.slice(0, vectors.length - places)]);
}
