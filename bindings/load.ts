/**
 * Loading the core. The build that the engine runs fastest is loaded and compiled once, and no other; each provider has an
 * instance, and so a memory, of its own.
 *
 * @module
 */
import type { CryptoProvider } from "../src/crypto/provider.ts";
import { type CoreBuild, fastestBuild } from "./engine.ts";
import type { CoreExports } from "./generated/exports.ts";
import { WasmProvider } from "./provider.ts";
import { assertKnownAnswers } from "./self_test.ts";

/**
 * A new instance of the core behind the provider interface, after it gave the known answers.
 *
 * @param build The fastest that this engine takes, unless another one is asked for, to measure or to test it.
 * @throws Error when this runtime does not compile the core, or an answer is wrong.
 */
export async function loadWasmProvider(build: CoreBuild = fastestBuild()): Promise<CryptoProvider> {
  const instance = await WebAssembly.instantiate(await compiled(build));
  const provider = new WasmProvider(instance.exports as unknown as CoreExports);
  assertKnownAnswers(provider);
  return provider;
}

const modules = new Map<CoreBuild, Promise<WebAssembly.Module>>();

function compiled(build: CoreBuild): Promise<WebAssembly.Module> {
  let module = modules.get(build);
  if (module === undefined) {
    module = BUILDS[build]()
      .then(({ WASM_BASE64 }) => inflated(decodeBase64(WASM_BASE64)))
      .then((octets) => WebAssembly.compile(octets));
    modules.set(build, module);
    // A load that failed, such as a download, may be tried again.
    module.catch(() => modules.delete(build));
  }
  return module;
}

/** Imported when it is needed: a browser downloads one, where its bundle is split at such imports. */
const BUILDS: { readonly [Build in CoreBuild]: () => Promise<{ readonly WASM_BASE64: string }> } = {
  relaxed: () => import("./generated/relaxed.ts"),
  simd: () => import("./generated/simd.ts"),
  scalar: () => import("./generated/scalar.ts"),
};

/** What decodes in one go where the runtime has it; type checkers may not know it. */
const { fromBase64 } = Uint8Array as { readonly fromBase64?: (text: string) => Uint8Array<ArrayBuffer> };

/** `atob` is in every runtime. Both pass over line breaks. */
function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  if (fromBase64 !== undefined) return fromBase64.call(Uint8Array, text);
  const binary = atob(text);
  const octets = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) octets[i] = binary.charCodeAt(i);
  return octets;
}

/** The npm package has some builds deflated (RFC 1950), which start as no module does. */
async function inflated(octets: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const isModule = octets[0] === 0;
  if (isModule) return octets;
  const stream = new Blob([octets]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
