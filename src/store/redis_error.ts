/**
 * What a Redis server says, or the way to it, as errors of a store.
 *
 * @module
 */
import { StoreError, type StoreErrorKind } from "./store_error.ts";

const REFUSED_CREDENTIALS = /^(NOAUTH|WRONGPASS|NOPERM|ERR (invalid password|AUTH |Client sent AUTH))/;

/** @param name the store's, without credentials */
export function redisError(name: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new StoreError(kindOf(message), `redis: ${name}: ${message}`, { cause: error });
}

function kindOf(message: string): StoreErrorKind {
  if (REFUSED_CREDENTIALS.test(message)) return "credentials";
  if (message.startsWith("OOM")) return "full";
  return message.startsWith("READONLY") ? "read-only" : "unavailable";
}
