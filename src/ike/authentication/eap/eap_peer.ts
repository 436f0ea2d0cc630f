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
  readonly #methods: readonly EapPeerMethod[];
  readonly #identity: Uint8Array;
  readonly #limits: EapLimits;
  /** The one that the gateway has chosen: from then on there is no other (RFC 3748, section 2.1). */
  #method: EapPeerMethod | undefined;
  #rounds = 0;

  /**
   * @param methods At least one, in order of preference.
   * @param identity The answer to an Identity Request; as a rule what stands in IDi.
   */
  constructor(methods: readonly EapPeerMethod[], identity: Uint8Array, limits: EapLimits) {
    this.#methods = methods;
    this.#identity = identity;
    this.#limits = limits;
  }

  /** @param mayRun Whether a method, by its Type, may be run with this gateway: of others nothing is told to it. */
  *receive(message: Uint8Array, mayRun: (type: number) => boolean): Step<EapPeerTurn> {
    const packet = decodeEapPacket(message);
    switch (packet?.code) {
      case EapCode.REQUEST: {
        if (this.#rounds === this.#limits.maximumRounds) return FAILURE;
        this.#rounds++;
        return yield* this.#answer(packet.identifier, packet.type!, packet.typeData, mayRun);
      }
      case EapCode.SUCCESS: {
        // A gateway that leaves out the method's proof and says Success at once has proven nothing.
        const finished = this.#method?.finish();
        if (finished === undefined || !isKeyEnough(finished.msk, this.#limits)) return FAILURE;
        return { kind: "success", msk: finished.msk };
      }
      default:
        return FAILURE;
    }
  }

  *#answer(
    identifier: number,
    type: number,
    typeData: Uint8Array,
    mayRun: (type: number) => boolean,
  ): Step<EapPeerTurn> {
    const respond = (responseType: number, data: Uint8Array): EapPeerTurn => ({
      kind: "response",
      message: encodeTyped(EapCode.RESPONSE, identifier, responseType, data),
    });
    if (type === EapType.IDENTITY) return respond(EapType.IDENTITY, this.#identity);
    if (type === EapType.NOTIFICATION) return respond(EapType.NOTIFICATION, NO_DATA);
    if (this.#method) {
      if (type !== this.#method.type) return FAILURE;
    } else {
      const known = this.#methods.filter((method) => mayRun(method.type));
      this.#method = known.find((method) => method.type === type);
      // The methods that would do, or none (RFC 3748, section 5.3.1): the gateway decides what comes of it.
      if (!this.#method) {
        return respond(
          EapType.NAK,
          Uint8Array.from(
            known.length > 0 ? known.map((one) => one.type) : [NO_OTHER],
          ),
        );
      }
    }
    const answer = yield* this.#method.respond(typeData);
    return answer ? respond(type, answer) : FAILURE;
  }
}

const NO_DATA = new Uint8Array(0);
/** In a Nak: there is no method that would do. */
const NO_OTHER = 0;
const FAILURE: EapPeerTurn = { kind: "failure" };
