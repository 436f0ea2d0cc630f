/**
 * An EAP method for tests alone: the server sends challenges, the client answers each with a prf of it under a shared secret, and both
 * make a key of the last one.
 *
 * @module
 */
import type { RandomSource } from "../../src/crypto/key_exchange.ts";
import { PRF_HMAC_SHA2_256 as PRF } from "../../src/crypto/registry.ts";
import {
  type EapPeerMethod,
  type EapServerMethod,
  type EapServerOutcome,
  MSK_LENGTH,
} from "../../src/ike/authentication/eap/eap_method.ts";
import { prf, prfPlus, type Step, verifyMac } from "../../src/ike/steps/step.ts";
import type { Identity } from "../../src/ticket/identity.ts";

/** "Experimental" (RFC 3748, section 5.8). */
const EAP_TYPE = 255;
const CHALLENGE_LENGTH = 16;
const KEY_LABEL = new TextEncoder().encode("key");

export interface EapChallengeOptions {
  readonly secret: Uint8Array;
  /** Challenges before Success; default 1. */
  readonly rounds?: number;
  /** Default true. */
  readonly makesKey?: boolean;
}

export class EapChallengeServer implements EapServerMethod {
  readonly type: number = EAP_TYPE;
  readonly #options: EapChallengeOptions & { readonly random: RandomSource; readonly identity?: Identity };
  #challenge: Uint8Array = new Uint8Array(0);
  #roundsLeft: number;

  /** @param options `identity`: whom the method says it has authenticated, if not IDi. */
  constructor(options: EapChallengeOptions & { readonly random: RandomSource; readonly identity?: Identity }) {
    this.#options = options;
    this.#roundsLeft = options.rounds ?? 1;
  }

  // deno-lint-ignore require-yield -- making a challenge takes no cryptography.
  *begin(): Step<EapServerOutcome> {
    return this.#next();
  }

  *respond(typeData: Uint8Array): Step<EapServerOutcome> {
    const { secret, makesKey = true, identity } = this.#options;
    const right = yield* verifyMac({ prf: PRF, key: secret, data: [this.#challenge], mac: typeData });
    if (!right) return { kind: "failure" };
    if (this.#roundsLeft > 0) return this.#next();
    const msk = makesKey ? yield* keyOf(secret, this.#challenge) : undefined;
    return { kind: "success", msk, identity };
  }

  #next(): EapServerOutcome {
    this.#roundsLeft--;
    this.#challenge = this.#options.random(CHALLENGE_LENGTH);
    return { kind: "request", typeData: this.#challenge };
  }
}

export class EapChallengePeer implements EapPeerMethod {
  readonly type: number = EAP_TYPE;
  readonly #options: EapChallengeOptions;
  #answered = 0;
  #msk: Uint8Array | undefined;

  constructor(options: EapChallengeOptions) {
    this.#options = options;
  }

  *respond(typeData: Uint8Array): Step<Uint8Array | undefined> {
    const { secret, makesKey = true } = this.#options;
    if (typeData.length !== CHALLENGE_LENGTH) return undefined;
    this.#answered++;
    if (makesKey) this.#msk = yield* keyOf(secret, typeData);
    return yield* prf({ prf: PRF, key: secret, data: [typeData] });
  }

  finish(): { readonly msk?: Uint8Array } | undefined {
    return this.#answered >= (this.#options.rounds ?? 1) ? { msk: this.#msk } : undefined;
  }
}

function keyOf(secret: Uint8Array, challenge: Uint8Array): Step<Uint8Array> {
  return prfPlus({ prf: PRF, key: secret, seed: [KEY_LABEL, challenge], length: MSK_LENGTH });
}
