/**
 * The gateway's end of EAP where another server speaks it (RFC 3579, section 2): packets go by as they are, once they answer what was asked.
 *
 * @module
 */
import { EapCode } from "../../../wire/constants.ts";
import type { Step } from "../../steps/step.ts";
import { type EapLimits, isKeyEnough } from "./eap_limits.ts";
import type { EapRelay, EapRelayOutcome } from "./eap_method.ts";
import { decodeEapPacket, EapType, encodeTyped, encodeUntyped } from "./eap_packet.ts";
import type { EapConversation, EapServerTurn } from "./eap_server.ts";

export class RelayedEap implements EapConversation {
  readonly #relay: EapRelay;
  readonly #limits: EapLimits;
  readonly #identity: Uint8Array;
  #identifier: number;
  #rounds = 0;
  #asksIdentity: boolean;
  #type: number | undefined;

  /**
   * @param identity What the server is told that the client says it is, where the client is not asked itself: what stands in IDi.
   * @param firstIdentifier The identifier of the first packet; any octet.
   * @param asksIdentity Whether the first Request is for an identity, and the gateway's own (RFC 3579, section 2.1).
   */
  constructor(
    relay: EapRelay,
    limits: EapLimits,
    identity: Uint8Array,
    firstIdentifier: number,
    asksIdentity: boolean = false,
  ) {
    this.#relay = relay;
    this.#limits = limits;
    this.#identity = identity;
    this.#identifier = firstIdentifier;
    this.#asksIdentity = asksIdentity;
  }

  get type(): number | undefined {
    return this.#type;
  }

  *begin(): Step<EapServerTurn> {
    if (this.#asksIdentity) {
      this.#rounds++;
      return { kind: "request", message: encodeTyped(EapCode.REQUEST, this.#identifier, EapType.IDENTITY, NO_DATA) };
    }
    const answer = encodeTyped(EapCode.RESPONSE, this.#identifier, EapType.IDENTITY, this.#identity);
    return this.#turn(yield* this.#relay.exchange(answer));
  }

  *respond(message: Uint8Array): Step<EapServerTurn> {
    const packet = decodeEapPacket(message);
    const isAnswer = packet?.code === EapCode.RESPONSE && packet.identifier === this.#identifier &&
      (!this.#asksIdentity || packet.type === EapType.IDENTITY);
    this.#asksIdentity = false;
    return this.#turn(isAnswer ? yield* this.#relay.exchange(message) : FAILURE);
  }

  #turn(outcome: EapRelayOutcome): EapServerTurn {
    if (outcome.kind === "success" && this.#type !== undefined && isKeyEnough(outcome.msk, this.#limits)) {
      return { kind: "success", message: encodeUntyped(EapCode.SUCCESS, this.#identifier), success: outcome };
    }
    if (outcome.kind === "request" && this.#rounds < this.#limits.maximumRounds) {
      const packet = decodeEapPacket(outcome.packet);
      if (packet?.code === EapCode.REQUEST) {
        this.#rounds++;
        this.#identifier = packet.identifier;
        if (packet.type !== EapType.IDENTITY && packet.type !== EapType.NOTIFICATION) this.#type = packet.type;
        return { kind: "request", message: outcome.packet };
      }
    }
    return { kind: "failure", message: encodeUntyped(EapCode.FAILURE, this.#identifier) };
  }
}

const NO_DATA = new Uint8Array(0);
const FAILURE: EapRelayOutcome = { kind: "failure" };
