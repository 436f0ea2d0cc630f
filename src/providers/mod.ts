/**
 * Chooses a {@link CryptoProvider} by name. Each one is loaded only when it is asked for: a gateway on `wasm` never parses the others.
 *
 * @module
 */
import type { KeyExchange } from "../crypto/key_exchange.ts";
import type { CryptoProvider, ProviderName } from "../crypto/provider.ts";

/** Fastest first, by the gateway CPU of a resumption: `ike-resume storm --provider all` measures it. */
export const PROVIDER_NAMES: readonly ProviderName[] = ["wasm", "node", "ts"];

/** What {@link loadProvider} takes. */
export type ProviderChoice = ProviderName | "auto";

/** The provider that was asked for is unknown, or cannot be used on this runtime. */
export class ProviderError extends Error {
  /** Tells it from other errors where `instanceof` cannot, as in logs. */
  override readonly name = "ProviderError";
}

const loaders: { readonly [Name in ProviderName]: () => Promise<CryptoProvider> } = {
  wasm: async () => (await import("../../bindings/mod.ts")).loadWasmProvider(),
  node: async () => (await import("../crypto/node/provider.ts")).createNodeProvider(),
  ts: async () => (await import("../crypto/ts/provider.ts")).createTsProvider(),
};

/**
 * Loads a provider: `wasm`, `node` or `ts`, or the fastest that this runtime has with `auto`.
 *
 * @param log is told which provider was taken and why others were passed over, a line for each.
 * @throws {ProviderError} the name is unknown, or the provider does not load here.
 */
export async function loadProvider(choice: ProviderChoice, log: (line: string) => void = () => {}): Promise<CryptoProvider> {
  if (choice === "auto") return await loadFastest(log);
  if (!isProviderName(choice)) {
    throw new ProviderError(`provider "${choice}" is unknown: allowed are auto, ${PROVIDER_NAMES.join(", ")}`);
  }
  try {
    const provider = await loaders[choice]();
    log(`crypto provider: ${choice}, as asked for`);
    return provider;
  } catch (cause) {
    throw new ProviderError(`provider "${choice}" does not load on this runtime: ${reasonOf(cause)}`, { cause });
  }
}

/** Whether a text names a provider. */
export function isProviderName(text: string): text is ProviderName {
  return (PROVIDER_NAMES as readonly string[]).includes(text);
}

/** Diffie-Hellman of node:crypto where the runtime has it, else of noble. */
export async function loadKeyExchange(): Promise<KeyExchange> {
  try {
    return (await import("../crypto/node/key_exchange.ts")).createNodeKeyExchange();
  } catch {
    return (await import("../crypto/ts/key_exchange.ts")).createTsKeyExchange();
  }
}

async function loadFastest(log: (line: string) => void): Promise<CryptoProvider> {
  for (const name of PROVIDER_NAMES) {
    try {
      const provider = await loaders[name]();
      log(`crypto provider: ${name}, the fastest that loads here`);
      return provider;
    } catch (cause) {
      log(`crypto provider: ${name} passed over, ${reasonOf(cause)}`);
    }
  }
  throw new ProviderError("no crypto provider loads on this runtime");
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
