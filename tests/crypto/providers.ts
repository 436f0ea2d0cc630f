/** The providers under test: every test of this folder that needs cryptography runs over each of them. @module */
import { test } from "node:test";
import { CORE_BUILDS, loadWasmProvider } from "../../bindings/mod.ts";
import { createNodeProvider } from "../../src/crypto/node/provider.ts";
import type { CryptoProvider } from "../../src/crypto/provider.ts";
import { createTsProvider } from "../../src/crypto/ts/provider.ts";
import { testWithVectors } from "../vectors/vectors.ts";

const wasmProviders = await Promise.all(CORE_BUILDS.map((build) => loadWasmProvider(build)));

export const providers: readonly CryptoProvider[] = [createTsProvider(), createNodeProvider(), ...wasmProviders];

/** What a title calls a provider: its name, with the build of the core behind it. */
export function labelOf(provider: CryptoProvider): string {
  const build = CORE_BUILDS[wasmProviders.indexOf(provider)];
  return build === undefined ? provider.name : `${provider.name} (${build})`;
}

/** A test for each provider, titled `label: title`. */
export function testEach(title: string, body: (provider: CryptoProvider) => void): void {
  for (const provider of providers) test(`${labelOf(provider)}: ${title}`, () => body(provider));
}

/** The same with vectors that may be absent. */
export function testEachWithVectors(title: string, name: string, body: (provider: CryptoProvider, path: string) => void): void {
  for (const provider of providers) testWithVectors(`${labelOf(provider)}: ${title}`, name, (path) => body(provider, path));
}
