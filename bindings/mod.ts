/**
 * The `wasm` provider: the cryptography of many sessions in one call of the core that core-rs builds.
 *
 * Loads in Deno, Node, browsers and their workers without configuration; where there is no SIMD, a scalar build. Imports of
 * `src` only what the provider interface needs.
 *
 * @module
 */
export { CORE_BUILDS, type CoreBuild, fastestBuild } from "./engine.ts";
export { loadWasmProvider } from "./load.ts";
