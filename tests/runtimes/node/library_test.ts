// What the library of the package is made of.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { PRF_HMAC_SHA2_256 } from "ike-resume/crypto";
import { CORE_BUILDS, loadWasmProvider } from "ike-resume/wasm";

const FOLDER = "node_modules/ike-resume";
const HI_THERE = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";

/** Words by which the code of packages that the program is made with is known. */
const OF_THE_PROGRAM = {
  commander: "commander.unknownOption",
  pino: "pino-worker",
  "prom-client": "process_cpu_user_seconds_total",
  "cli-progress": "shades_classic",
  "hdr-histogram-js": "HdrHistogram",
  "smol-toml": "Invalid TOML document",
};

test("each build of the core that the package carries gives the right answer (RFC 4231, section 4.2)", async () => {
  const key = new Uint8Array(20).fill(0x0b);
  for (const build of CORE_BUILDS) {
    const [mac] = (await loadWasmProvider(build)).prf([{
      prf: PRF_HMAC_SHA2_256,
      key,
      data: [new TextEncoder().encode("Hi There")],
    }]);
    assert.equal(mac && Buffer.from(mac).toString("hex"), HI_THERE, build);
  }
});

for (const entry of ["index", "crypto", "ike", "wasm", "wire"]) {
  test(`importing ${entry}.js loads nothing of what the program is made with`, () => {
    const texts = loadedWith(`${entry}.js`).map((path) => readFileSync(join(FOLDER, path), "utf8"));
    for (const [name, word] of Object.entries(OF_THE_PROGRAM)) {
      assert.ok(!texts.some((text) => text.includes(word)), name);
    }
  });
}

test("the words by which the program's packages are known stand in the package, and the program itself loads the first of them", () => {
  const chunks = readdirSync(join(FOLDER, "chunks")).map((name) => readFileSync(join(FOLDER, "chunks", name), "utf8"));
  for (const [name, word] of Object.entries(OF_THE_PROGRAM)) assert.ok(chunks.some((text) => text.includes(word)), name);
  const program = loadedWith("chunks/program.js").map((path) => readFileSync(join(FOLDER, path), "utf8"));
  assert.ok(program.some((text) => text.includes(OF_THE_PROGRAM.commander)));
});

/** The file and all that its static imports load. */
function loadedWith(entry: string): string[] {
  const loaded = new Set<string>();
  const waiting = [entry];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (loaded.has(path)) continue;
    loaded.add(path);
    const text = readFileSync(join(FOLDER, path), "utf8");
    for (const [, specifier = ""] of text.matchAll(/(?:^|[;}\n])(?:import|export)(?:[^"'();]*?\bfrom)?"(\.[^"]+)"/g)) {
      waiting.push(join(dirname(path), specifier));
    }
  }
  return [...loaded];
}
