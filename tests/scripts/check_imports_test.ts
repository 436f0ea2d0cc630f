import assert from "node:assert/strict";
import { test } from "node:test";
import { violationsIn } from "../../scripts/arrows/violations.ts";

test("an import against the arrows is named with its file and line", () => {
  const text = `import { a } from "./b.ts";\n\nimport type { Responder } from "../ike/responder.ts";\n`;
  assert.deepEqual(violationsIn("src/ticket/ring.ts", text), [
    "src/ticket/ring.ts:3: src/ticket must not import src/ike/responder.ts (it may import only src/wire, src/crypto)",
  ]);
});

test("an import along the arrows passes, also one that skips a room", () => {
  const text = `import { a } from "../ticket/ring.ts";\nimport { b } from "../wire/payload.ts";\n`;
  assert.deepEqual(violationsIn("src/ike/responder.ts", text), []);
});

test("inside src/ike a room imports from those before it, and the two ends not from each other", () => {
  assert.deepEqual(violationsIn("src/ike/exchanges/a.ts", `import { b } from "../states/b.ts";\n`), []);
  assert.match(
    violationsIn("src/ike/states/a.ts", `import { b } from "../exchanges/b.ts";\n`)[0] ?? "",
    /src\/ike\/states must not/,
  );
  assert.equal(violationsIn("src/ike/responder/a.ts", `import { b } from "../initiator/b.ts";\n`).length, 1);
  assert.equal(violationsIn("src/ike/exchanges/a.ts", `import { b } from "../responder.ts";\n`).length, 1);
  assert.equal(violationsIn("src/ike/responder.ts", `import { b } from "./initiator/b.ts";\n`).length, 1);
  assert.equal(violationsIn("src/ike/responder.ts", `import { b } from "./initiator.ts";\n`).length, 1);
  assert.deepEqual(violationsIn("src/ike/responder.ts", `import { b } from "./responder/b.ts";\n`), []);
  assert.deepEqual(violationsIn("src/ike/mod.ts", `export { b } from "./responder.ts";\n`), []);
  assert.deepEqual(violationsIn("src/gateway/a.ts", `import { b } from "../ike/states/b.ts";\n`), []);
  assert.deepEqual(violationsIn("src/gateway/a.ts", `import { b } from "../ike/responder.ts";\n`), []);
});

test("a file of src has 300 lines at most", () => {
  const lines = (count: number) => "export const a = 1;\n" + "//\n".repeat(count - 1);
  assert.deepEqual(violationsIn("src/ike/states/a.ts", lines(300)), []);
  assert.match(
    violationsIn("src/ike/states/a.ts", lines(301))[0] ?? "",
    /^src\/ike\/states\/a.ts:301: 301 lines, expected 300/,
  );
  assert.deepEqual(violationsIn("bench/core/a.ts", lines(301)), []);
});

test("re-exports, dynamic imports and import types count as imports", () => {
  for (
    const text of [`export * from "../cli/main.ts";`, `await import("../cli/main.ts");`, `type T = import("../cli/main.ts").T;`]
  ) {
    assert.equal(violationsIn("src/gateway/gateway.ts", text).length, 1, text);
  }
});

test("a dynamic import with a computed target is refused", () => {
  assert.match(violationsIn("src/gateway/gateway.ts", "await import(name);")[0] ?? "", /computed/);
});

test("the protocol rooms import no runtime module and no package", () => {
  for (const room of ["wire", "ticket", "ike"]) {
    assert.equal(violationsIn(`src/${room}/a.ts`, `import { hkdfSync } from "node:crypto";`).length, 1, room);
    assert.equal(violationsIn(`src/${room}/a.ts`, `import { hmac } from "@noble/hashes/hmac.js";`).length, 1, room);
  }
});

test("the protocol rooms read no clock, no random source and set no timer", () => {
  const uses = [
    "Date.now()",
    "new Date()",
    "Math.random()",
    "crypto.getRandomValues(a)",
    "setTimeout(f, 1)",
    "performance.now()",
  ];
  for (const use of uses) {
    for (const room of ["wire", "ticket", "ike"]) {
      assert.equal(violationsIn(`src/${room}/a.ts`, use).length, 1, `${room}: ${use}`);
    }
  }
});

test("arithmetic, and names that the file declares itself, are not mistaken for the runtime's", () => {
  const text =
    `export function wait(crypto: Provider): number { return Math.max(crypto.size, options.performance, { Date: 1 }.Date); }`;
  assert.deepEqual(violationsIn("src/ike/a.ts", text), []);
});

test("the bindings see the provider's interface and nothing else of the project", () => {
  assert.deepEqual(
    violationsIn("bindings/provider.ts", `import type { CryptoProvider } from "../src/crypto/provider.ts";`),
    [],
  );
  assert.equal(violationsIn("bindings/provider.ts", `import { x } from "../src/crypto/ts/provider.ts";`).length, 1);
  assert.equal(violationsIn("bindings/provider.ts", `import { x } from "../src/wire/header.ts";`).length, 1);
});

test("nothing that is shipped imports the tests", () => {
  assert.equal(violationsIn("src/load/storm.ts", `import { x } from "../../tests/pair.ts";`).length, 1);
});

test("default exports, enums, namespaces, any and Buffer are found", () => {
  const forms = ["export default 1;", "export { a as default };", "export default function f() {}", "enum A { B }"];
  for (const text of [...forms, "namespace N {}", "const a: any = 1;", "function f(b: Buffer) {}"]) {
    assert.equal(violationsIn("src/gateway/a.ts", text).length, 1, text);
  }
});
