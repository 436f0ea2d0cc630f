/**
 * The `wasm` provider: the cryptography of many sessions in one call of the core that core-rs builds.
 *
 * Loads in Deno, Node, browsers and their workers without configuration. Imports of `src` only what the provider interface needs.
 *
 * @module
 */
export { loadWasmProvider } from "./load.ts";
