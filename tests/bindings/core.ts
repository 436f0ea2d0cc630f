/** An instance of the core whose memory a test can look at. */
import type { CoreExports } from "../../bindings/generated/exports.ts";
import { WASM_BASE64 } from "../../bindings/generated/wasm.ts";
import { WasmProvider } from "../../bindings/provider.ts";

export const WASM: Uint8Array<ArrayBuffer> = Uint8Array.from(atob(WASM_BASE64), (character) => character.charCodeAt(0));

export interface OpenCore {
  readonly exports: CoreExports;
  readonly provider: WasmProvider;
  memory(): Uint8Array;
}

export async function instantiate(): Promise<OpenCore> {
  const { instance } = await WebAssembly.instantiate(WASM);
  const exports = instance.exports as unknown as CoreExports;
  return { exports, provider: new WasmProvider(exports), memory: () => new Uint8Array(exports.memory.buffer) };
}
