/** Instances of the core's builds whose memory a test can look at. */
import { type CoreBuild } from "../../bindings/mod.ts";
import type { CoreExports } from "../../bindings/generated/exports.ts";
import { WASM_BASE64 as RELAXED } from "../../bindings/generated/relaxed.ts";
import { WASM_BASE64 as SCALAR } from "../../bindings/generated/scalar.ts";
import { WASM_BASE64 as SIMD } from "../../bindings/generated/simd.ts";
import { WasmProvider } from "../../bindings/provider.ts";

/** The modules by their names. */
export const WASM: { readonly [Build in CoreBuild]: Uint8Array<ArrayBuffer> } = {
  relaxed: decoded(RELAXED),
  simd: decoded(SIMD),
  scalar: decoded(SCALAR),
};

export interface OpenCore {
  readonly exports: CoreExports;
  readonly provider: WasmProvider;
  memory(): Uint8Array;
}

export async function instantiate(build: CoreBuild): Promise<OpenCore> {
  const { instance } = await WebAssembly.instantiate(WASM[build]);
  const exports = instance.exports as unknown as CoreExports;
  return { exports, provider: new WasmProvider(exports), memory: () => new Uint8Array(exports.memory.buffer) };
}

function decoded(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
