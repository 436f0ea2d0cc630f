/**
 * Finds out what the WebAssembly engine can do, by whether it takes a module with one function that does it.
 *
 * @module
 */

/** The builds of the core, from the fastest on. */
export const CORE_BUILDS = ["relaxed", "simd", "scalar"] as const;

/** `relaxed`: 128-bit vectors with relaxed look-ups; `simd`: vectors without these; `scalar`: none. */
export type CoreBuild = typeof CORE_BUILDS[number];

/** The fastest build that this engine takes. */
export function fastestBuild(): CoreBuild {
  if (WebAssembly.validate(moduleOf(RELAXED_SWIZZLE))) return "relaxed";
  return WebAssembly.validate(moduleOf(SWIZZLE)) ? "simd" : "scalar";
}

/** i32.const 0, i8x16.splat, twice; then i8x16.swizzle, or its relaxed form, which came with relaxed SIMD. */
const SPLAT = [0x41, 0x00, 0xfd, 0x0f];
const SWIZZLE = [...SPLAT, ...SPLAT, 0xfd, 0x0e];
const RELAXED_SWIZZLE = [...SPLAT, ...SPLAT, 0xfd, 0x80, 0x02];

/** A module whose only function takes nothing and leaves one vector. */
function moduleOf(instructions: readonly number[]): Uint8Array<ArrayBuffer> {
  const body = [0x00, ...instructions, 0x0b];
  return Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    // Types: one function type, () → v128. Functions: one, of that type.
    ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b],
    ...[0x03, 0x02, 0x01, 0x00],
    ...[0x0a, body.length + 2, 0x01, body.length, ...body],
  );
}
