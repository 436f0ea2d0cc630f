import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { type CoreBuild, fastestBuild } from "../../bindings/mod.ts";
import { WASM } from "./core.ts";

const validate = WebAssembly.validate;

afterEach(() => {
  WebAssembly.validate = validate;
});

/** An engine that takes no module with these octets in it. */
function engineWithout(...instruction: number[]): void {
  WebAssembly.validate = (module) => {
    const octets = Array.from(new Uint8Array(module as Uint8Array<ArrayBuffer>)).join();
    return !octets.includes(instruction.join()) && validate(module);
  };
}

test("the engines of today's runtimes have relaxed vector instructions", () => assert.equal(fastestBuild(), "relaxed"));

test("without relaxed instructions the build with fixed ones is taken", () => {
  engineWithout(0xfd, 0x80, 0x02);
  assert.equal(fastestBuild(), "simd");
});

test("without vector instructions the scalar build is taken", () => {
  engineWithout(0xfd);
  assert.equal(fastestBuild(), "scalar");
});

test("what is asked of the engine is a module that can be valid", () => {
  const asked: boolean[] = [];
  WebAssembly.validate = (module) => {
    asked.push(validate(module));
    return false;
  };
  fastestBuild();
  assert.deepEqual(asked, [true, true]);
});

const hasVectors: { readonly [Build in CoreBuild]: boolean } = { relaxed: true, simd: true, scalar: false };

for (const [build, expected] of Object.entries(hasVectors)) {
  test(`${build}: the code ${expected ? "has" : "declares no"} vectors`, () => {
    // Every function that works on vectors for long has one in a local.
    assert.equal(declaresVectors(WASM[build as CoreBuild]), expected);
  });
}

/** Whether any function has a local of type v128 (0x7b). */
function declaresVectors(wasm: Uint8Array): boolean {
  let at = 8;
  const number = (): number => {
    let value = 0;
    for (let shift = 0;; shift += 7) {
      const octet = wasm[at++];
      value |= (octet & 0x7f) << shift;
      if (octet < 0x80) return value;
    }
  };
  while (at < wasm.length) {
    const section = wasm[at++];
    const end = number() + at;
    if (section === 10) {
      for (let functions = number(); functions > 0; functions--) {
        const size = number();
        const functionEnd = at + size;
        for (let groups = number(); groups > 0; groups--) {
          number();
          if (wasm[at++] === 0x7b) return true;
        }
        at = functionEnd;
      }
    }
    at = end;
  }
  return false;
}
