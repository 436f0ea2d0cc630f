/**
 * A store whose claims are answered when a test says so.
 *
 * @module
 */
import { memoryStore } from "../../../src/store/memory_store.ts";
import type { GatewayStore } from "../../../src/store/gateway_store.ts";

export interface HeldClaims {
  readonly store: GatewayStore;
  /** Resolves when so many claims wait. */
  until(count: number): Promise<void>;
  /** Answers the claim of this place, in the order in which they came. */
  answer(place: number, isFirst: boolean): void;
}

export function heldClaims(): HeldClaims {
  const answers: ((isFirst: boolean) => void)[] = [];
  const memory = memoryStore();
  const claim: GatewayStore["claims"]["claim"] = (batch) =>
    new Promise((resolve) => answers.push((isFirst) => resolve(batch.map(() => isFirst))));
  return {
    store: { ...memory, claims: { claim, isClaimed: (batch) => batch.map(() => false) } },
    until: async (count) => {
      while (answers.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    answer: (place, isFirst) => answers[place](isFirst),
  };
}
