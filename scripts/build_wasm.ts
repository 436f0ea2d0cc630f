/**
 * `deno task build:wasm`: builds core-rs with wasm-pack into bindings/generated/, once for each kind of engine. With `--check` it compares with
 * what is committed.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BuildFailure } from "./wasm/build_failure.ts";
import { CORE } from "./wasm/crate.ts";
import { exportsModule, type GeneratedFiles, runBuild, wasmModule } from "./wasm/generated_files.ts";
import { buildCrate, type BuildOptions, describeTools, toolEnvironment } from "./wasm/tools.ts";

/** See bindings/engine.ts. */
const BUILDS: Readonly<Record<string, BuildOptions>> = {
  relaxed: { targetFeatures: "+simd128,+relaxed-simd" },
  simd: { targetFeatures: "+simd128" },
  // What engines without vectors run is old, and slow in any case: small before fast.
  scalar: { targetFeatures: "", crateFeatures: ["scalar"], optLevel: "2" },
};

runBuild(CORE, () => describeTools(CORE, toolEnvironment(CORE)), build);

function build(): GeneratedFiles {
  const files = new Map([["layout.ts", layoutModule(readFileSync(join(CORE.folder, "src/layout.rs"), "utf8"))]]);
  for (const [name, options] of Object.entries(BUILDS)) {
    const { wasm, declarations } = buildCrate(CORE, "ike_resume_core", toolEnvironment(CORE, options), options);
    const exports = exportsModule(CORE, "CoreExports", "the core exports", declarations);
    if ((files.get("exports.ts") ?? exports) !== exports) {
      throw new BuildFailure(`core-rs: the ${name} build has other exports`);
    }
    files.set("exports.ts", exports);
    files.set(`${name}.ts`, wasmModule("The core", wasm));
  }
  return files;
}

/** The constants of layout.rs with their descriptions. */
function layoutModule(rust: string): string {
  const constants = [...rust.matchAll(/^\/\/\/ (.+)\npub const (\w+): usize = (\d+);$/gm)];
  const declared = [...rust.matchAll(/^pub const /gm)].length;
  if (constants.length !== declared) {
    throw new BuildFailure(`layout.rs: ${declared - constants.length} constants have not the form that the build reads`);
  }
  return constants.map(([, description, name, value]) => {
    const text = description.replaceAll(/\[?`(\w+)`\]?/g, "$1").replaceAll(/`(\w+…)`/g, "$1");
    return `\n/** ${text} */\nexport const ${name} = ${value};`;
  }).join("") + "\n";
}
