/**
 * Key pairs for IKE_SA_INIT, each shared for a few seconds (RFC 7296, section 2.12): one forged datagram must not cost a key pair of a costly
 * group. A pair lives as long as a half-open IKE SA has it, so that at a gateway with little to do each has its own.
 *
 * @module
 */
import type { KeyPair } from "../../../crypto/key_exchange.ts";
import type { SharedKeyPair } from "../../../crypto/shared_key_pair.ts";
import { generateSharedKeyPair, type Step } from "../../steps/step.ts";

/** How long a pair is given to new exchanges. */
const SHARED_FOR_MS = 2_000;

/** How many exchanges share a pair: whoever measures how long agreements with it take learns little from so few. */
const SHARED_BY = 256;

interface Pooled {
  readonly shared: SharedKeyPair;
  readonly madeAtMs: number;
}

export class KeyPairPool {
  readonly #byGroup = new Map<number, Pooled>();

  /** A pair of a group, to be wiped like any other. Steps that wait for a pair at the same time get the same one. */
  *take(group: number, nowMs: number): Step<KeyPair> {
    let shared = this.#pooled(group, nowMs);
    // The step before may have come to nothing already, and have wiped what both waited for.
    while (shared === undefined || shared.isWiped) {
      shared = yield* generateSharedKeyPair(group);
      if (this.#pooled(group, nowMs) === undefined) this.#byGroup.set(group, { shared, madeAtMs: nowMs });
    }
    return shared.share();
  }

  #pooled(group: number, nowMs: number): SharedKeyPair | undefined {
    const pooled = this.#byGroup.get(group);
    if (pooled === undefined) return undefined;
    const { shared, madeAtMs } = pooled;
    const isGood = !shared.isWiped && shared.timesShared < SHARED_BY && nowMs - madeAtMs < SHARED_FOR_MS;
    return isGood ? shared : undefined;
  }
}
