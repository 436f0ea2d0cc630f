/**
 * One client's EAP with a server of RADIUS: the gateway passes packets on, and takes the key and the name that come of it (RFC 3579).
 *
 * @module
 */
import type { EapRelay, EapRelayOutcome } from "../../ike/authentication/eap/eap_method.ts";
import { identityOfNai } from "../../ike/authentication/eap/nai.ts";
import { outcomeOf, type Step } from "../../ike/steps/step.ts";
import { EapCode } from "../../wire/constants.ts";
import { masterSessionKey } from "./mppe_keys.ts";
import type { AnsweredBy, RadiusClient } from "./radius_client.ts";
import {
  type Attribute,
  attributesOf,
  isSendable,
  LONGEST_VALUE,
  type RadiusAnswer,
  RadiusAttribute,
  RadiusCode,
  valueOf,
} from "./radius_packet.ts";

export interface RadiusRelayOptions {
  readonly client: RadiusClient;
  /** By which the server knows this gateway. */
  readonly nasIdentifier: string;
}

const EAP_TYPE_OFFSET = 4;
const EAP_TYPE_IDENTITY = 1;
const SERVICE_TYPE_FRAMED = 2;
const NAS_PORT_TYPE_VIRTUAL = 5;
/** Octets of an EAP packet that both RADIUS and IKE have room for: servers cut their TLS to it. */
const FRAMED_MTU = 1_400;

export class RadiusRelay implements EapRelay {
  readonly kind = "relay" as const;
  readonly #options: RadiusRelayOptions;
  #userName: Uint8Array | undefined;
  #state: Uint8Array | undefined;
  #server: number | undefined;

  constructor(options: RadiusRelayOptions) {
    this.#options = options;
  }

  *exchange(packet: Uint8Array): Step<EapRelayOutcome> {
    if (this.#userName === undefined) {
      if (packet[EAP_TYPE_OFFSET] !== EAP_TYPE_IDENTITY) return FAILURE;
      this.#userName = packet.slice(EAP_TYPE_OFFSET + 1);
    }
    const userName = this.#userName;
    if (userName.length === 0 || userName.length > LONGEST_VALUE) return FAILURE;
    // A copy: the packet is not valid any longer once this is waited for.
    const attributes = this.#attributes(userName, packet.slice());
    // It is the client who says too much: no server is asked, and none has failed to answer.
    if (!isSendable(attributes)) return FAILURE;
    const asked = this.#options.client.ask(attributes, this.#server);
    const answered = yield* outcomeOf("RADIUS", asked);
    if (answered.kind === "failed") throw answered.fault;
    if (answered.value === undefined) throw new Error("no server of RADIUS answers");
    return this.#outcomeOf(answered.value, userName);
  }

  #attributes(userName: Uint8Array, packet: Uint8Array): Attribute[] {
    return [
      { type: RadiusAttribute.USER_NAME, value: userName },
      ...attributesOf(RadiusAttribute.NAS_IDENTIFIER, new TextEncoder().encode(this.#options.nasIdentifier)),
      { type: RadiusAttribute.NAS_PORT_TYPE, value: number(NAS_PORT_TYPE_VIRTUAL) },
      { type: RadiusAttribute.SERVICE_TYPE, value: number(SERVICE_TYPE_FRAMED) },
      { type: RadiusAttribute.FRAMED_MTU, value: number(FRAMED_MTU) },
      ...attributesOf(RadiusAttribute.EAP_MESSAGE, packet),
      ...(this.#state ? [{ type: RadiusAttribute.STATE, value: this.#state }] : []),
    ];
  }

  #outcomeOf({ answer, authenticator, server }: AnsweredBy, userName: Uint8Array): EapRelayOutcome {
    const packet = valueOf(answer, RadiusAttribute.EAP_MESSAGE);
    if (packet === undefined) return FAILURE;
    switch (answer.code) {
      case RadiusCode.ACCESS_CHALLENGE:
        this.#server = server;
        this.#state = stateOf(answer);
        return isWhole(packet) ? { kind: "request", packet } : FAILURE;
      case RadiusCode.ACCESS_ACCEPT: {
        if (packet[0] !== EapCode.SUCCESS) return FAILURE;
        const name = textOf(valueOf(answer, RadiusAttribute.USER_NAME) ?? userName);
        if (name === undefined) return FAILURE;
        const msk = masterSessionKey(answer, authenticator, this.#options.client.secretOf(server));
        return { kind: "success", msk, identity: identityOfNai(name) };
      }
      default:
        return FAILURE;
    }
  }
}

const FAILURE: EapRelayOutcome = { kind: "failure" };

/** One attribute (RFC 2865, section 5.24), as it is. */
function stateOf({ attributes }: RadiusAnswer): Uint8Array | undefined {
  return attributes.find(({ type }) => type === RadiusAttribute.STATE)?.value;
}

function isWhole(packet: Uint8Array): boolean {
  return packet.length > EAP_TYPE_OFFSET && (packet[2] << 8 | packet[3]) === packet.length;
}

/** `undefined`: it is no text, and no name of anybody. */
function textOf(octets: Uint8Array): string | undefined {
  try {
    const name = new TextDecoder("utf-8", { fatal: true }).decode(octets);
    return name === "" ? undefined : name;
  } catch {
    return undefined;
  }
}

function number(value: number): Uint8Array {
  return Uint8Array.of(0, 0, value >> 8, value & 0xff);
}
