/**
 * A store by its name, as options and environments write it.
 *
 * @module
 */
import type { DisposableStore, EpochSeconds } from "./gateway_store.ts";
import { memoryStore } from "./memory_store.ts";
import { isRedisUrl } from "./redis_address.ts";
import { openRedisStore } from "./redis_store.ts";
import { openSqliteStore } from "./sqlite_store.ts";
import { StoreError } from "./store_error.ts";

const SQLITE = "sqlite:";

/**
 * Opens a store by its name.
 *
 * @param name `memory`, `sqlite:PATH`, or the URL of a Redis or Valkey server, its Sentinels or its cluster
 * @throws {StoreError} the name makes no sense, or the store cannot be used.
 */
export function openStore(name: string, now?: EpochSeconds): Promise<DisposableStore> {
  if (name === "memory") return Promise.resolve(memoryStore(now));
  if (isRedisUrl(name)) return openRedisStore({ url: name });
  if (name.startsWith(SQLITE) && name.length > SQLITE.length) {
    return openSqliteStore({ path: name.slice(SQLITE.length), ...(now && { now }) });
  }
  return Promise.reject(
    new StoreError(
      "configuration",
      "store: expected memory, sqlite:PATH, redis://host[:port], redis+sentinel://… or redis+cluster://…, or rediss for TLS",
    ),
  );
}
