/**
 * The gateway's end of EAP, whatever the method (RFC 3748, section 2).
 *
 * @module
 */
import { EapCode } from "../../../wire/constants.ts";
import type { Step } from "../../steps/step.ts";
import { type EapLimits, isKeyEnough } from "./eap_limits.ts";
import { type EapServerMethod, type EapServerOutcome, type EapSuccess } from "./eap_method.ts";
import { decodeEapPacket, EapType, encodeTyped, encodeUntyped } from "./eap_packet.ts";

/** The message to send, and where this leaves the conversation. */
export type EapServerTurn =
  | { readonly kind: "request"; readonly message: Uint8Array }
  | { readonly kind: "success"; readonly message: Uint8Array; readonly success: EapSuccess }
  | { readonly kind: "failure"; readonly message: Uint8Array };

export class EapServer {
  readonly #method: EapServerMethod;
  readonly #limits: EapLimits;
  #identifier: number;
  #rounds = 0;
  #asksIdentity: boolean;

  /**
   * @param firstIdentifier The identifier of the first Request; any octet.
   * @param asksIdentity Whether the first Request is for an identity (RFC 3748, section 5.1). What it says is a hint: the method tells who it is.
   */
  constructor(method: EapServerMethod, limits: EapLimits, firstIdentifier: number, asksIdentity: boolean = false) {
    this.#asksIdentity = asksIdentity;
    this.#method = method;
    this.#limits = limits;
    this.#identifier = firstIdentifier;
  }

  /** The Type of the method. */
  get type(): number {
    return this.#method.type;
  }

  *begin(): Step<EapServerTurn> {
    if (this.#asksIdentity) return this.#request(EapType.IDENTITY, NO_DATA);
    return yield* this.#beginMethod();
  }

  *#beginMethod(): Step<EapServerTurn> {
    const outcome = yield* this.#method.begin();
    // A client has to say something before it may come in.
    return this.#turn(outcome.kind === "request" ? outcome : FAILURE);
  }

  /**
   * The client's Response. Anything that is no answer to the Request fails: IKE has put the messages in order already, so that nothing can
   * be old or come twice. That includes Nak, since there is no other method to offer.
   */
  *respond(message: Uint8Array): Step<EapServerTurn> {
    const packet = decodeEapPacket(message);
    const expected = this.#asksIdentity ? EapType.IDENTITY : this.#method.type;
    const answers = packet?.code === EapCode.RESPONSE && packet.identifier === this.#identifier && packet.type === expected;
    if (answers && this.#asksIdentity) {
      this.#asksIdentity = false;
      return yield* this.#beginMethod();
    }
    return this.#turn(answers ? yield* this.#method.respond(packet.typeData) : FAILURE);
  }

  #turn(outcome: EapServerOutcome): EapServerTurn {
    if (outcome.kind === "success" && isKeyEnough(outcome.msk, this.#limits)) {
      return { kind: "success", message: encodeUntyped(EapCode.SUCCESS, this.#identifier), success: outcome };
    }
    if (outcome.kind === "request" && this.#rounds < this.#limits.maximumRounds) {
      return this.#request(this.type, outcome.typeData);
    }
    return { kind: "failure", message: encodeUntyped(EapCode.FAILURE, this.#identifier) };
  }

  #request(type: number, typeData: Uint8Array): EapServerTurn {
    this.#rounds++;
    if (this.#rounds > 1) this.#identifier = (this.#identifier + 1) & 0xff;
    return { kind: "request", message: encodeTyped(EapCode.REQUEST, this.#identifier, type, typeData) };
  }
}

const NO_DATA = new Uint8Array(0);
const FAILURE: EapServerOutcome = { kind: "failure" };
