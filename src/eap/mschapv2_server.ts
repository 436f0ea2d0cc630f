/**
 * EAP-MSCHAPv2 at a gateway: challenge, response, success.
 *
 * @module
 */
import { equalInConstantTime } from "../crypto/constant_time.ts";
import type { RandomSource } from "../crypto/key_exchange.ts";
import { wipe } from "../crypto/wipe.ts";
import type { EapServerMethod, EapServerOutcome, EapSuccess } from "../ike/authentication/eap/eap_method.ts";
import { identityOfNai } from "../ike/authentication/eap/nai.ts";
import { outcomeOf, type Step } from "../ike/steps/step.ts";
import {
  authenticatorResponse,
  CHALLENGE_LENGTH,
  masterSessionKey,
  ntResponse,
  passwordHash,
  withoutDomain,
} from "./mschapv2_keys.ts";
import { challengePacket, isAcknowledgement, MSCHAPV2_TYPE, readResponse, successPacket } from "./mschapv2_packet.ts";

/** The password of a user, or 16 octets of MD4 of it in UTF-16. Secret. `undefined`: there is no such user. */
export type PasswordLookup = (
  name: string,
) => string | Uint8Array | undefined | PromiseLike<string | Uint8Array | undefined>;

export interface Mschapv2ServerOptions {
  readonly random: RandomSource;
  readonly passwordOf: PasswordLookup;
  /** What the gateway calls itself in its challenge. */
  readonly name: string;
}

export class Mschapv2Server implements EapServerMethod {
  readonly type: number = MSCHAPV2_TYPE;
  readonly #options: Mschapv2ServerOptions;
  readonly #challenge: Uint8Array;
  readonly #identifier: number;
  #success: EapSuccess | undefined;

  constructor(options: Mschapv2ServerOptions) {
    this.#options = options;
    this.#challenge = options.random(CHALLENGE_LENGTH);
    this.#identifier = options.random(1)[0];
  }

  // deno-lint-ignore require-yield -- a challenge waits for nothing.
  *begin(): Step<EapServerOutcome> {
    const name = new TextEncoder().encode(this.#options.name);
    return { kind: "request", typeData: challengePacket(this.#identifier, this.#challenge, name) };
  }

  *respond(typeData: Uint8Array): Step<EapServerOutcome> {
    if (this.#success) return isAcknowledgement(typeData) ? this.#success : FAILURE;
    const received = readResponse(typeData, this.#identifier);
    const user = received && nameOf(received.name);
    if (received === undefined || user === undefined) return FAILURE;
    const found = yield* this.#hashOf(user);
    // Of a user that is not there as much is computed, so that the time does not tell.
    const hash = found ?? this.#options.random(HASH_LENGTH);
    const challenges = { authenticator: this.#challenge, peer: received.challenge, name: withoutDomain(received.name) };
    const isRight = equalInConstantTime(ntResponse(challenges, hash), received.response) && found !== undefined;
    const authenticator = authenticatorResponse(challenges, hash, received.response);
    const msk = masterSessionKey(hash, received.response);
    wipe(hash);
    if (!isRight) {
      wipe(msk);
      return FAILURE;
    }
    this.#success = { kind: "success", msk, identity: identityOfNai(user) };
    return { kind: "request", typeData: successPacket(this.#identifier, authenticator) };
  }

  *#hashOf(user: string): Step<Uint8Array | undefined> {
    const asked = this.#options.passwordOf(user);
    let password = asked as Awaited<typeof asked>;
    if (typeof asked === "object" && asked !== null && "then" in asked) {
      const outcome = yield* outcomeOf("passwordOf", asked);
      // Told to the gateway's owner as a fault of the method.
      if (outcome.kind === "failed") throw outcome.fault;
      password = outcome.value;
    }
    if (typeof password === "string") return password === "" ? undefined : passwordHash(password);
    if (password === undefined) return undefined;
    if (password.length !== HASH_LENGTH) throw new RangeError(`passwordOf: ${password.length} octets, expected ${HASH_LENGTH}`);
    return password.slice();
  }
}

const FAILURE: EapServerOutcome = { kind: "failure" };
const HASH_LENGTH = 16;

/** `undefined`: it is no text. */
function nameOf(octets: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(octets);
  } catch {
    return undefined;
  }
}
