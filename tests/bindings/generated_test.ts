import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { RECORD_OCTETS, RECORD_WORDS } from "../../bindings/generated/layout.ts";
import { CORE_BUILDS } from "../../bindings/mod.ts";
import { CORE, generatedHeader } from "../../scripts/wasm/crate.ts";
import { WASM } from "./core.ts";

/** What a browser downloads; with Base64 a third more. */
const MAXIMUM_WASM_OCTETS = 150_000;

test("every generated file names the hash of the sources it was built from: else run deno task build:wasm", () => {
  const names = readdirSync(CORE.generatedFolder).sort();
  assert.deepEqual(names, ["exports.ts", "layout.ts", "relaxed.ts", "scalar.ts", "simd.ts"]);
  const header = generatedHeader(CORE);
  for (const name of names) {
    assert.equal(readFileSync(`${CORE.generatedFolder}${name}`, "utf8").split("\n", 1)[0], header, name);
  }
});

for (const build of CORE_BUILDS) {
  test(`${build}: the core imports nothing and is small`, async () => {
    assert.deepEqual(WebAssembly.Module.imports(await WebAssembly.compile(WASM[build])), []);
    assert.ok(WASM[build].length < MAXIMUM_WASM_OCTETS, `${WASM[build].length} octets`);
  });

  test(`${build}: the core holds no path of the machine that built it`, () => {
    const text = new TextDecoder("latin1").decode(WASM[build]);
    assert.doesNotMatch(text, /\/(root|home|Users|tmp|work)\//);
  });
}

test("a record is whole words", () => {
  assert.equal(RECORD_OCTETS, RECORD_WORDS * Uint32Array.BYTES_PER_ELEMENT);
});
