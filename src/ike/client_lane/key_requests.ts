/**
 * What the lane asks a provider for a client's keys and for AUTH of both ends (RFC 5723, section 5.1; RFC 7296, section 2.15).
 *
 * @module
 */
import type { DeriveKeysRequest, PrfRequest } from "../../crypto/provider.ts";
import { wipe } from "../../crypto/wipe.ts";
import { keyingMaterialLength, RESUMPTION_LABEL } from "../ike_sa/ike_sa_keys.ts";
import { NO_OCTETS, type PlainClient } from "./plain_client.ts";

const SPIS_LENGTH = 16;

/** SKEYSEED = prf(SK_d, "Resumption" | Ni | Nr), and prf+(SKEYSEED, Ni | Nr | SPIi | SPIr). */
export function derivation({ suite, oldSkD, nonces, response }: PlainClient): DeriveKeysRequest {
  return {
    prf: suite.prf,
    key: oldSkD,
    data: [RESUMPTION_LABEL, nonces],
    // Both SPIs stand at the head of the answer.
    seed: [nonces, response.subarray(0, SPIS_LENGTH)],
    length: keyingMaterialLength(suite),
  };
}

/** AUTH of one end: prf(SK_px, RealMessage | nonce of the other end | prf(SK_px, ID')), with the keys as RFC 5723, section 4.3.3 has it. */
export class Proof {
  readonly client: PlainClient;
  readonly #isOurs: boolean;
  /** SK_pi and SK_pr are the last of the seven keys. */
  readonly #key: Uint8Array;
  /** prf(SK_px, ID'). */
  identityMac: Uint8Array = NO_OCTETS;
  auth: Uint8Array = NO_OCTETS;

  constructor(client: PlainClient, isOurs: boolean) {
    this.client = client;
    this.#isOurs = isOurs;
    const { keyingMaterial, suite: { prf: { outputLength } } } = client;
    const end = keyingMaterial.length - (isOurs ? outputLength : 0);
    this.#key = keyingMaterial.subarray(end - outputLength, end);
  }

  get identityRequest(): PrfRequest {
    const { suite, setting, offer } = this.client;
    return { prf: suite.prf, key: this.#key, data: [this.#isOurs ? setting.identityBody : offer.responderIdBody] };
  }

  get request(): PrfRequest {
    const { suite, nonces, initiatorNonceLength, request, response } = this.client;
    const data = this.#isOurs
      ? [request, nonces.subarray(initiatorNonceLength), this.identityMac]
      : [response, nonces.subarray(0, initiatorNonceLength), this.identityMac];
    return { prf: suite.prf, key: this.#key, data };
  }

  /** Gives AUTH away: it is not wiped with the rest. */
  takeAuth(): Uint8Array {
    const { auth } = this;
    this.auth = NO_OCTETS;
    return auth;
  }

  wipe(): void {
    wipe(this.identityMac, this.auth);
  }
}

/** This end's AUTH, and the gateway's. */
export function proofsOf(client: PlainClient): readonly [ours: Proof, theirs: Proof] {
  return [new Proof(client, true), new Proof(client, false)];
}
