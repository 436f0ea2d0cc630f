/**
 * The client's end of EAP, whatever the method (RFC 3748, section 2).
 *
 * @module
 */
import { EapCode } from "../../../wire/constants.ts";
import type { Step } from "../../steps/step.ts";
import { type EapLimits, isKeyEnough } from "./eap_limits.ts";
import type { EapPeerMethod } from "./eap_method.ts";
import { decodeEapPacket, EapType, encodeTyped } from "./eap_packet.ts";

/** What a message of the gateway's calls for. */
export type EapPeerTurn =
  | { readonly kind: "response"; readonly message: Uint8Array }
  | { readonly kind: "success"; readonly msk?: Uint8Array }
  | { readonly kind: "failure" };

export class EapPeer {
  readonly #method: EapPeerMethod;
  readonly #identity: Uint8Array;
  readonly #limits: EapLimits;
  #rounds = 0;

  /** @param identity The answer to an Identity Request; as a rule what stands in IDi. */
  constructor(method: EapPeerMethod, identity: Uint8Array, limits: EapLimits) {
    this.#method = method;
    this.#identity = identity;
    this.#limits = limits;
  }

  *receive(message: Uint8Array): Step<EapPeerTurn> {
    const packet = decodeEapPacket(message);
    switch (packet?.code) {
      case EapCode.REQUEST: {
        if (this.#rounds === this.#limits.maximumRounds) return FAILURE;
        this.#rounds++;
        return yield* this.#answer(packet.identifier, packet.type!, packet.typeData);
      }
      case EapCode.SUCCESS: {
        // A gateway that leaves out the method's proof and says Success at once has proven nothing.
        const finished = this.#method.finish();
        if (finished === undefined || !isKeyEnough(finished.msk, this.#limits)) return FAILURE;
        return { kind: "success", msk: finished.msk };
      }
      default:
        return FAILURE;
    }
  }

  *#answer(identifier: number, type: number, typeData: Uint8Array): Step<EapPeerTurn> {
    const respond = (responseType: number, data: Uint8Array): EapPeerTurn => ({
      kind: "response",
      message: encodeTyped(EapCode.RESPONSE, identifier, responseType, data),
    });
    switch (type) {
      case this.#method.type: {
        const answer = yield* this.#method.respond(typeData);
        return answer ? respond(type, answer) : FAILURE;
      }
      case EapType.IDENTITY:
        return respond(EapType.IDENTITY, this.#identity);
      case EapType.NOTIFICATION:
        return respond(EapType.NOTIFICATION, new Uint8Array(0));
      default:
        // The method that would do (RFC 3748, section 5.3.1): the gateway decides what comes of it.
        return respond(EapType.NAK, Uint8Array.of(this.#method.type));
    }
  }
}

const FAILURE: EapPeerTurn = { kind: "failure" };
