/**
 * `deno task build:bench-peers`: builds bench/peers-rs with wasm-pack into bench/generated/. With `--check` it compares with what is
 * committed. ring is in part C: clang and llvm-ar are needed besides what scripts/setup-wasm-toolchain.sh sets up for the core.
 *
 * @module
 */
import { BENCH_PEERS } from "./wasm/crate.ts";
import { exportsModule, type GeneratedFiles, runBuild, wasmModule } from "./wasm/generated_files.ts";
import { buildCrate, describeTools, registryFolders, toolEnvironment } from "./wasm/tools.ts";

runBuild(BENCH_PEERS, () => describeTools(BENCH_PEERS, environment(), [["clang", "--version"]]), build);

function build(): GeneratedFiles {
  const { wasm, declarations } = buildCrate(BENCH_PEERS, "ike_resume_bench_peers", environment());
  const exports = exportsModule(BENCH_PEERS, "PeersExports", "RustCrypto and ring export", declarations);
  return new Map([["peers.ts", exports + wasmModule("Both", wasm)]]);
}

function environment(): NodeJS.ProcessEnv {
  return {
    ...toolEnvironment(BENCH_PEERS),
    CC_wasm32_unknown_unknown: "clang",
    AR_wasm32_unknown_unknown: "llvm-ar",
    CFLAGS_wasm32_unknown_unknown: registryFolders().map((folder) => `-ffile-prefix-map=${folder}=/crates`).join(" "),
  };
}
