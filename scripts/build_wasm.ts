/**
 * `deno task build:wasm`: builds core-rs with wasm-pack into bindings/generated/. With `--check` it compares with what is committed.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BuildFailure } from "./wasm/build_failure.ts";
import { CORE } from "./wasm/crate.ts";
import { exportsModule, type GeneratedFiles, runBuild, wasmModule } from "./wasm/generated_files.ts";
import { buildCrate, describeTools, toolEnvironment } from "./wasm/tools.ts";

runBuild(CORE, () => describeTools(CORE, toolEnvironment(CORE)), build);

function build(): GeneratedFiles {
  const { wasm, declarations } = buildCrate(CORE, "ike_resume_core", toolEnvironment(CORE));
  return new Map([
    ["wasm.ts", wasmModule("The core", wasm)],
    ["exports.ts", exportsModule(CORE, "CoreExports", "the core exports", declarations)],
    ["layout.ts", layoutModule(readFileSync(join(CORE.folder, "src/layout.rs"), "utf8"))],
  ]);
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
