/**
 * Every test of the state machines that reaches cryptography runs over every provider.
 *
 * @module
 */
import { test } from "node:test";
import type { CryptoProvider } from "../../src/crypto/provider.ts";
import { loadProvider, PROVIDER_NAMES } from "../../src/providers/mod.ts";

/** One test for each provider, named after it. */
export function testEveryProvider(title: string, body: (provider: CryptoProvider) => Promise<void>): void {
  for (const name of PROVIDER_NAMES) {
    test(`${title} (${name})`, async () => await body(await loadProvider(name)));
  }
}
