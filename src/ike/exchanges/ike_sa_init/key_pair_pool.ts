/**
 * Key pairs for IKE_SA_INIT, each shared for two seconds (RFC 7296, section 2.12): one forged datagram must not cost a key pair of a costly group,
 * and clients that come one after the other need not wait for one each. After that a pair lives as long as a half-open IKE SA has it.
 *
 * It costs so much of forward secrecy as that section says: for these two seconds, and no longer, whoever reads the memory of this gateway learns the
 * keys of IKE SAs too that are over already.
 *
 * @module
 */
import { type KeyPair, wipeKeyPair } from "../../../crypto/key_exchange.ts";
import type { SharedKeyPair } from "../../../crypto/shared_key_pair.ts";
import { generateSharedKeyPair, type Step } from "../../steps/step.ts";

/** How long a pair is given to new exchanges. */
const SHARED_FOR_MS = 2_000;

/** How many exchanges share a pair: whoever measures how long agreements with it take learns little from so few. */
const SHARED_BY = 256;

interface Pooled {
  readonly shared: SharedKeyPair;
  /** In milliseconds of the monotonic clock. */
  readonly forgetAtMs: number;
  /** The pool's own share, which keeps the pair while no exchange has it. */
  readonly own: KeyPair;
}

export class KeyPairPool {
  readonly #byGroup = new Map<number, Pooled>();

  /** When a pair is to be forgotten next, in milliseconds of the monotonic clock; `Infinity`: there is none. */
  get nextExpiryMs(): number {
    let next = Infinity;
    for (const { forgetAtMs } of this.#byGroup.values()) next = Math.min(next, forgetAtMs);
    return next;
  }

  /** A pair of a group, to be wiped like any other. Steps that wait for a pair at the same time get the same one. */
  *take(group: number, nowMs: number): Step<KeyPair> {
    let shared = this.#pooled(group, nowMs);
    while (shared === undefined) {
      const made = yield* generateSharedKeyPair(group);
      // The step before may have come to nothing already, and have wiped what both waited for; or many have waited, and it was shared enough.
      if (made.isWiped || made.timesShared > SHARED_BY) continue;
      if (this.#pooled(group, nowMs) === undefined) this.#keep(group, made, nowMs);
      shared = made;
    }
    return shared.share();
  }

  /** Wipes the pairs that are shared no longer, as far as no half-open IKE SA has them. */
  expire(nowMs: number): void {
    for (const [group, { forgetAtMs }] of this.#byGroup) if (nowMs >= forgetAtMs) this.#forget(group);
  }

  /** Lets all pairs go. */
  clear(): void {
    for (const group of this.#byGroup.keys()) this.#forget(group);
  }

  #pooled(group: number, nowMs: number): SharedKeyPair | undefined {
    const pooled = this.#byGroup.get(group);
    if (pooled === undefined) return undefined;
    const { shared, forgetAtMs } = pooled;
    // The pool's own share is one of them.
    if (shared.timesShared <= SHARED_BY && nowMs < forgetAtMs) return shared;
    this.#forget(group);
    return undefined;
  }

  #keep(group: number, shared: SharedKeyPair, nowMs: number): void {
    this.#byGroup.set(group, { shared, forgetAtMs: nowMs + SHARED_FOR_MS, own: shared.share() });
  }

  #forget(group: number): void {
    const pooled = this.#byGroup.get(group);
    this.#byGroup.delete(group);
    if (pooled) wipeKeyPair(pooled.own);
  }
}
