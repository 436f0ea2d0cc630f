/**
 * Whether a gateway should be sent anybody new: what `/readyz` answers.
 *
 * @module
 */
import type { Draining } from "../../gateway/draining.ts";
import type { StoreFailurePolicy } from "../../store/guarded_store.ts";

interface DrainedGateway {
  drain(draining: Draining): Promise<number>;
}

export class Readiness {
  /** Whether the store that tickets are claimed in answers. */
  isStoreUp = true;
  readonly #storeFailure: StoreFailurePolicy;
  #isLeaving = false;

  /** @param storeFailure what the gateway does while its store is down: with `accept` it serves as well as ever */
  constructor(storeFailure: StoreFailurePolicy) {
    this.#storeFailure = storeFailure;
  }

  /** Why nobody new should come; none: it is ready. */
  get reasons(): readonly string[] {
    const isStoreMissed = !this.isStoreUp && this.#storeFailure !== "accept";
    return [
      ...(this.#isLeaving ? ["draining: clients go to another gateway"] : []),
      ...(isStoreMissed ? ["the store of used tickets does not answer"] : []),
    ];
  }

  /** Drains a gateway, which is not ready from then on, unless that was refused. */
  async drain(gateway: DrainedGateway, draining: Draining): Promise<number> {
    const before = this.#isLeaving;
    this.#isLeaving = true;
    try {
      return await gateway.drain(draining);
    } catch (error) {
      this.#isLeaving = before;
      throw error;
    }
  }
}
