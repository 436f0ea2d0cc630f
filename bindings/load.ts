/**
 * Loading the core. It is compiled once; each provider has an instance, and so a memory, of its own.
 *
 * @module
 */
import type { CryptoProvider } from "../src/crypto/provider.ts";
import type { CoreExports } from "./generated/exports.ts";
import { WASM_BASE64 } from "./generated/wasm.ts";
import { WasmProvider } from "./provider.ts";
import { assertKnownAnswers } from "./self_test.ts";

let compiling: Promise<WebAssembly.Module> | undefined;

/**
 * A new instance of the core behind the provider interface, after it gave the known answers.
 *
 * @throws Error when this runtime does not compile the core (it needs fixed-width SIMD), or an answer is wrong.
 */
export async function loadWasmProvider(): Promise<CryptoProvider> {
  compiling ??= WebAssembly.compile(decodeBase64(WASM_BASE64));
  const instance = await WebAssembly.instantiate(await compiling);
  const provider = new WasmProvider(instance.exports as unknown as CoreExports);
  assertKnownAnswers(provider);
  return provider;
}

/** `atob` is in every runtime, and passes over line breaks. */
function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const octets = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) octets[i] = binary.charCodeAt(i);
  return octets;
}
