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

/** What a gateway's end of EAP is, for IKE_AUTH: it speaks the method itself, or has another server speak it. */
export interface EapConversation {
  /** The Type of the method that is spoken; `undefined`: none has begun. */
  readonly type: number | undefined;
  begin(): Step<EapServerTurn>;
  /** @param message the client's, an EAP packet; hostile, and valid only during the call. */
  respond(message: Uint8Array): Step<EapServerTurn>;
}

export class EapServer implements EapConversation {
  readonly #methods: readonly EapServerMethod[];
  readonly #limits: EapLimits;
  #method: EapServerMethod;
  /** A client that has answered the method cannot ask for another (RFC 3748, section 2.1). */
  #isMethodAnswered = false;
  readonly #offered = new Set<number>();
  #identifier: number;
  #rounds = 0;
  #asksIdentity: boolean;

  /**
   * @param methods At least one, in order of preference: a client that does not know the first says by Nak which one it knows.
   * @param firstIdentifier The identifier of the first Request; any octet.
   * @param asksIdentity Whether the first Request is for an identity (RFC 3748, section 5.1). What it says is a hint: the method tells who it is.
   */
  constructor(methods: readonly EapServerMethod[], limits: EapLimits, firstIdentifier: number, asksIdentity: boolean = false) {
    this.#asksIdentity = asksIdentity;
    this.#methods = methods;
    this.#method = methods[0];
    this.#limits = limits;
    this.#identifier = firstIdentifier;
  }

  get type(): number {
    return this.#method.type;
  }

  *begin(): Step<EapServerTurn> {
    if (this.#asksIdentity) return this.#request(EapType.IDENTITY, NO_DATA);
    return yield* this.#beginMethod();
  }

  *#beginMethod(): Step<EapServerTurn> {
    this.#offered.add(this.type);
    const outcome = yield* this.#method.begin();
    // A client has to say something before it may come in.
    return this.#turn(outcome.kind === "request" ? outcome : FAILURE);
  }

  /**
   * The client's Response. Anything that is no answer to the Request fails: IKE has put the messages in order already, so that nothing can
   * be old or come twice.
   */
  *respond(message: Uint8Array): Step<EapServerTurn> {
    const packet = decodeEapPacket(message);
    if (packet?.code !== EapCode.RESPONSE || packet.identifier !== this.#identifier) return this.#turn(FAILURE);
    if (this.#asksIdentity) {
      if (packet.type !== EapType.IDENTITY) return this.#turn(FAILURE);
      this.#asksIdentity = false;
      return yield* this.#beginMethod();
    }
    if (packet.type === EapType.NAK && !this.#isMethodAnswered) return yield* this.#offerAnother(packet.typeData);
    if (packet.type !== this.type) return this.#turn(FAILURE);
    this.#isMethodAnswered = true;
    return this.#turn(yield* this.#method.respond(packet.typeData));
  }

  /** The client knows other methods (RFC 3748, section 5.3.1). Each is offered once. */
  *#offerAnother(known: Uint8Array): Step<EapServerTurn> {
    const another = this.#methods.find(({ type }) => known.includes(type) && !this.#offered.has(type));
    if (another === undefined) return this.#turn(FAILURE);
    this.#method = another;
    return yield* this.#beginMethod();
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
