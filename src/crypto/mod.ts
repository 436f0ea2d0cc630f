/**
 * Algorithms, the provider interface, and the implementations that need no runtime's modules.
 *
 * @module
 */
export type * from "./algorithms.ts";
export type * from "./key_encapsulation.ts";
export type * from "./key_exchange.ts";
export type * from "./provider.ts";
export * from "./registry.ts";
export type { SharedKeyPair } from "./shared_key_pair.ts";
export { createTsKeyExchange } from "./ts/key_exchange.ts";
export { createTsProvider } from "./ts/provider.ts";
export { systemRandom } from "./system_random.ts";
