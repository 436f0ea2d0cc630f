/**
 * Decoding that is expected to succeed or to fail.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Decoded, describeWireError, type WireError } from "../../src/wire/wire_error.ts";

export function decoded<T>(result: Decoded<T>): T {
  if (!result.ok) assert.fail(describeWireError(result.error));
  return result.value;
}

export function refusal<T>(result: Decoded<T>): WireError {
  if (result.ok) assert.fail("decoded, where a refusal was expected");
  return result.error;
}
