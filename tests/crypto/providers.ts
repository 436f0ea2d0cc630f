/** The providers under test: every test of this folder that needs cryptography runs over each of them. @module */
import { test } from "node:test";
import { loadWasmProvider } from "../../bindings/mod.ts";
import { createNodeProvider } from "../../src/crypto/node/provider.ts";
import type { CryptoProvider } from "../../src/crypto/provider.ts";
import { createTsProvider } from "../../src/crypto/ts/provider.ts";
import { testWithVectors } from "../vectors/vectors.ts";

export const providers: readonly CryptoProvider[] = [
  createTsProvider(),
  createNodeProvider(),
  await loadWasmProvider(),
];

/** A test for each provider, titled `name: title`. */
export function testEach(title: string, body: (provider: CryptoProvider) => void): void {
  for (const provider of providers) test(`${provider.name}: ${title}`, () => body(provider));
}

/** The same with vectors that may be absent. */
export function testEachWithVectors(title: string, name: string, body: (provider: CryptoProvider, path: string) => void): void {
  for (const provider of providers) testWithVectors(`${provider.name}: ${title}`, name, (path) => body(provider, path));
}
