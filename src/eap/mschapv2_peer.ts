/**
 * EAP-MSCHAPv2 at a client.
 *
 * @module
 */
import { equalInConstantTime } from "../crypto/constant_time.ts";
import type { RandomSource } from "../crypto/key_exchange.ts";
import { wipe } from "../crypto/wipe.ts";
import type { EapPeerMethod } from "../ike/authentication/eap/eap_method.ts";
import type { Step } from "../ike/steps/step.ts";
import {
  authenticatorResponse,
  CHALLENGE_LENGTH,
  masterSessionKey,
  ntResponse,
  passwordHash,
  withoutDomain,
} from "./mschapv2_keys.ts";
import { acknowledgement, MSCHAPV2_TYPE, Operation, readChallenge, readSuccess, responsePacket } from "./mschapv2_packet.ts";

export interface Mschapv2PeerOptions {
  readonly random: RandomSource;
  readonly name: string;
  /** Secret. */
  readonly password: string;
}

export class Mschapv2Peer implements EapPeerMethod {
  readonly type: number = MSCHAPV2_TYPE;
  readonly #options: Mschapv2PeerOptions;
  #expected: { readonly authenticator: Uint8Array; readonly msk: Uint8Array } | undefined;
  #isProven = false;

  constructor(options: Mschapv2PeerOptions) {
    this.#options = options;
  }

  // deno-lint-ignore require-yield -- all of it is computed here.
  *respond(typeData: Uint8Array): Step<Uint8Array | undefined> {
    switch (typeData[0]) {
      case Operation.CHALLENGE:
        return this.#answer(typeData);
      case Operation.SUCCESS: {
        const authenticator = readSuccess(typeData);
        // The gateway knows the password as well: one that does not is told nothing more.
        if (!this.#expected || !authenticator || !equalInConstantTime(authenticator, this.#expected.authenticator)) {
          return undefined;
        }
        this.#isProven = true;
        return acknowledgement(Operation.SUCCESS);
      }
      case Operation.FAILURE:
        return acknowledgement(Operation.FAILURE);
      default:
        return undefined;
    }
  }

  finish(): { readonly msk?: Uint8Array } | undefined {
    return this.#isProven && this.#expected ? { msk: this.#expected.msk } : undefined;
  }

  /** One challenge has one answer: a gateway that asks twice is trying passwords. */
  #answer(typeData: Uint8Array): Uint8Array | undefined {
    const asked = readChallenge(typeData);
    if (asked === undefined || this.#expected) return undefined;
    const { name, password, random } = this.#options;
    const octets = new TextEncoder().encode(name);
    const challenges = { authenticator: asked.challenge, peer: random(CHALLENGE_LENGTH), name: withoutDomain(octets) };
    const hash = passwordHash(password);
    const response = ntResponse(challenges, hash);
    this.#expected = {
      authenticator: authenticatorResponse(challenges, hash, response),
      msk: masterSessionKey(hash, response),
    };
    wipe(hash);
    return responsePacket(asked.identifier, challenges.peer, response, octets);
  }
}
