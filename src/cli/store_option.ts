/**
 * Options about what a gateway must remember: where, and what happens when it cannot.
 *
 * @module
 */
import { type Command, Option } from "commander";
import type { GatewayStore } from "../store/gateway_store.ts";
import type { StoreChange, StoreFailurePolicy } from "../store/guarded_store.ts";
import { openStore } from "../store/open_store.ts";
import { StoreError } from "../store/store_error.ts";
import { UsageError } from "./exit_status.ts";

/** Where a store can be named without showing its password to whoever lists processes. */
export const STORE_VARIABLE = "IKE_RESUME_STORE";

/** The store that no process shares with another. */
export const MEMORY_STORE = "memory";

export interface StoreOptions {
  readonly store: string;
  readonly storeFailure: StoreFailurePolicy;
}

export function addStoreOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--store <name>",
        "where used and revoked tickets and the state of tickets by reference are kept: memory, sqlite:PATH, redis://…, redis+sentinel://HOST,…/PRIMARY, redis+cluster://HOST,…, or rediss for TLS; docs/stores.md has the parameters",
      ).default(MEMORY_STORE).env(STORE_VARIABLE),
    )
    .addOption(
      new Option(
        "--store-failure <policy>",
        "what becomes of presented tickets while the store is down: refuse (full exchanges), wait (no answer, so that clients ask again) or accept (once by each gateway)",
      ).choices(["refuse", "wait", "accept"]).default("refuse"),
    );
}

/** Whether a store is files of this machine's. */
export function isStoreOfFiles({ store }: Pick<StoreOptions, "store">): boolean {
  return store.startsWith("sqlite:");
}

/**
 * The name is not checked before: commander would repeat a wrong one, and it may hold a password.
 *
 * @throws {UsageError} the store cannot be used, and why.
 */
export async function openStoreOf({ store }: StoreOptions): Promise<GatewayStore> {
  try {
    return await openStore(store);
  } catch (error) {
    if (error instanceof StoreError) throw new UsageError(`--store: ${error.message}`);
    throw error;
  }
}

/** For the log: one line when the store goes down, one when it is up again. */
export function storeChangeLine(change: StoreChange, policy: StoreFailurePolicy): string {
  if (change.type === "store-up") return `the store ${change.store} is up again`;
  return `the store is down (${change.reason.message}): ${MEANWHILE[policy]}`;
}

const MEANWHILE: { readonly [policy in StoreFailurePolicy]: string } = {
  refuse: "tickets are refused, clients make full exchanges",
  wait: "clients that present tickets wait",
  accept: "tickets are accepted without it",
};
