/**
 * What a gateway says of EAP.
 *
 * @module
 */
import type { Identity } from "../../ticket/identity.ts";
import type { EapLimits } from "../authentication/eap/eap_limits.ts";
import type { EapServerChoice } from "../authentication/eap/eap_method.ts";
import type { EapOnly } from "../authentication/eap/eap_only.ts";
import type { MayAnswerLater } from "./later_answers.ts";
import type { EapGatewayKey } from "../authentication/eap/gateway_key.ts";

/** EAP at a gateway. */
export interface EapResponderConfiguration extends EapLimits, EapGatewayKey {
  /**
   * A new conversation for a client that says it is IDi, which may be no more than a hint: one method, several of which the client may choose, or
   * another server that speaks EAP. `undefined`: EAP is not for it, and it is refused at once. A method that fails in the end tells less about which
   * identities there are.
   */
  readonly methodFor: (initiatorId: Identity) => EapServerChoice | undefined;
  /**
   * Lets EAP prove the gateway too, to clients that ask for it by EAP_ONLY_AUTHENTICATION (RFC 5998), by these methods: neither a certificate nor
   * `gatewayKey` is needed then, and clients that do not ask for it are refused where there is neither. Not given: the gateway always proves itself
   * first.
   */
  readonly eapOnly?: EapOnly;
  /**
   * Ask for an EAP identity before the method begins: Windows says in IDi no more than its address, and waits for that. Whatever it says is a hint;
   * the method tells who the client is. Default false (RFC 7296, section 3.16).
   */
  readonly askIdentity?: boolean;
  /** Whether this identity, which a method of this Type has authenticated, may come in. Asked again at resumption. */
  readonly admits: (identity: Identity, type: number) => boolean;
}

/** The same as options take it: limits need not be given, and the functions may answer by a promise. */
export type EapOptions =
  & Omit<EapResponderConfiguration, keyof EapLimits | "methodFor" | "admits">
  & Partial<EapLimits>
  & {
    readonly methodFor: MayAnswerLater<EapResponderConfiguration["methodFor"]>;
    readonly admits: MayAnswerLater<EapResponderConfiguration["admits"]>;
  };
