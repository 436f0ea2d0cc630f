/**
 * What the gateways of a domain share, for tests: a store in memory with a channel, of which messages can be lost.
 *
 * @module
 */
import type { GatewayStore } from "../../../src/store/gateway_store.ts";
import { memoryStore } from "../../../src/store/memory_store.ts";
import type { RevokedIdentity } from "../../../src/store/store_channel.ts";

export interface SharedDomain {
  /** The store, as one gateway has it. */
  connect(): GatewayStore;
  /** Every message so far. */
  readonly said: Uint8Array[];
  /** Has a message come to all. */
  say(message: Uint8Array): void;
  readonly revoked: Map<string, RevokedIdentity>;
  /** Messages are refused, or nobody hears them. */
  fault: "none" | "refuses" | "loses";
}

export function sharedDomain(): SharedDomain {
  const listeners: ((message: Uint8Array) => void)[] = [];
  const memory = memoryStore();
  const shared: SharedDomain = {
    said: [],
    revoked: new Map(),
    fault: "none",
    say: (message) => listeners.forEach((listener) => listener(message)),
    connect: () => ({
      ...memory,
      channel: {
        publish(message) {
          if (shared.fault === "refuses") return Promise.reject(new Error("no channel"));
          shared.said.push(message);
          if (shared.fault === "none") queueMicrotask(() => shared.say(message));
          return Promise.resolve();
        },
        subscribe: (listener) => void listeners.push(listener),
      },
      revokedIdentities: {
        add: (one) => void shared.revoked.set(one.key, one),
        all: () => [...shared.revoked.values()],
      },
    }),
  };
  return shared;
}
