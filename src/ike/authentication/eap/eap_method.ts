/**
 * The interface of EAP methods (RFC 3748): this program carries their messages in IKE_AUTH (RFC 7296, section 2.16). `src/eap`
 * has one.
 *
 * A method does no I/O. Where it needs a prf it yields for it, as every step does, and shares the call with other clients.
 *
 * @module
 */
import type { Identity } from "../../../ticket/identity.ts";
import type { Step } from "../../steps/step.ts";

/** Octets of a master session key (RFC 3748, section 7.10). */
export const MSK_LENGTH = 64;

/** What a method's server makes of its client's answer. */
export type EapServerOutcome =
  /** Another round: the Request's Type-Data. */
  | { readonly kind: "request"; readonly typeData: Uint8Array }
  | EapSuccess
  | { readonly kind: "failure" };

/** The peer has proven itself. */
export interface EapSuccess {
  /** Tells it from a failure. */
  readonly kind: "success";
  /** {@link MSK_LENGTH} octets at least; without it the method makes no key. Secret, and wiped once IKE_AUTH is over. */
  readonly msk?: Uint8Array;
  /** The identity that the method has authenticated, if it is not IDi (RFC 4718, section 3.5). */
  readonly identity?: Identity;
  /** Certificates that proved it, DER: the client's own, then those up to an authority. Policy gets them. */
  readonly certificates?: readonly Uint8Array[];
  /** Seconds since 1970: the first of those certificates that ends, ends then, and no ticket is good for longer. */
  readonly certificatesEndAtEpochSeconds?: number;
  /** What tickets remember of those certificates, each 1 to 65,535 octets, for `isRevoked` of the gateway's `certificates`. */
  readonly certificateNames?: readonly Uint8Array[];
}

/** What a server that speaks EAP in the gateway's place has answered a client's packet with. */
export type EapRelayOutcome =
  /** An EAP Request, whole. */
  | { readonly kind: "request"; readonly packet: Uint8Array }
  | EapSuccess
  | { readonly kind: "failure" };

/** EAP that another server speaks: the gateway passes packets on, whatever their method, and learns what came of it (RFC 3579). */
export interface EapRelay {
  /** Tells it from a method. */
  readonly kind: "relay";
  /**
   * The server's next packet, or what came of the conversation.
   *
   * @param packet An EAP Response, whole: of the client's, hostile, or made of IDi. Valid only during the call.
   */
  exchange(packet: Uint8Array): Step<EapRelayOutcome>;
}

/** What a gateway has for a client: a method, several in order of preference, of which the client's Nak may choose, or another server. */
export type EapServerChoice = EapServerMethod | readonly EapServerMethod[] | EapRelay;

/** The gateway's end of one conversation. Each is asked for its first Request once, then about each answer in turn. */
export interface EapServerMethod {
  /** The method's Type, 4 to 255 (RFC 3748, section 5). */
  readonly type: number;
  /** Success at this point counts as a failure. */
  begin(): Step<EapServerOutcome>;
  /**
   * The next Request, or what came of the conversation.
   *
   * @param typeData of the client's Response; hostile, of any length, and valid only during the call.
   */
  respond(typeData: Uint8Array): Step<EapServerOutcome>;
}

/** The client's end of one conversation. */
export interface EapPeerMethod {
  /** The method's Type, 4 to 255 (RFC 3748, section 5). */
  readonly type: number;
  /** The Response's Type-Data to a Request's, which is hostile and valid only during the call. `undefined`: no such Request is answered. */
  respond(typeData: Uint8Array): Step<Uint8Array | undefined>;
  /**
   * Asked when the gateway says Success. `undefined`: the method has not come that far, and the word is not believed. The key, if the method
   * makes one, has {@link MSK_LENGTH} octets at least. Secret, and wiped once IKE_AUTH is over.
   */
  finish(): { readonly msk?: Uint8Array } | undefined;
}
