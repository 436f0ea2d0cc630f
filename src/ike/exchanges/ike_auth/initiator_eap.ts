/**
 * IKE_AUTH over several round trips, initiator's side (RFC 7296, section 2.16): the gateway proves itself first, EAP goes on for as many
 * rounds as its method takes, and then both ends prove that they share the key which it has made.
 *
 * @module
 */
import { copyIdentity, sameIdentity } from "../../../ticket/identity.ts";
import { ExchangeType } from "../../../wire/constants.ts";
import type { IdentificationPayload, Payload } from "../../../wire/payload.ts";
import { authDataOf, authPayload } from "../../authentication/auth_payload.ts";
import { isEnoughAlone } from "../../authentication/eap/eap_only.ts";
import { EapPeer } from "../../authentication/eap/eap_peer.ts";
import { authenticate, type Credential, verifyAuthentication } from "../../authentication/signed_content.ts";
import { findPayload } from "../../message/notify.ts";
import { type ProtectionContext, sealMessage } from "../../message/protected_message.ts";
import { firstSent } from "../../message/retransmission.ts";
import type { InitiatorConfiguration } from "../../policy/initiator_configuration.ts";
import { sendEach } from "../../states/effect.ts";
import type { AwaitingAuthResponse, EapProgress, InitiatorTransition } from "../../states/initiator_state.ts";
import type { Step } from "../../steps/step.ts";
import type { InitiatorContext } from "../initiator_context.ts";
import { initiatorContent, responderContent } from "./auth_content.ts";
import { fail, provesItself } from "./initiator_authentication.ts";
import { establish } from "./initiator_establish.ts";

/** A new conversation; none after resumption, nor where the client proves itself in another way. */
export function startEap({ eap, identity }: InitiatorConfiguration, isResuming: boolean): EapProgress | undefined {
  if (eap === undefined || isResuming) return undefined;
  const method = eap.method();
  return { peer: new EapPeer("respond" in method ? [method] : method, identity.identification, eap) };
}

/** HDR, SK {IDr, AUTH, EAP}, then HDR, SK {EAP} until Success, then HDR, SK {AUTH, SAr2, TSi, TSr [, N(TICKET_LT_OPAQUE)]}. */
export function* receiveEapResponse(
  state: AwaitingAuthResponse,
  eap: EapProgress,
  payloads: readonly Payload[],
  protection: ProtectionContext,
  context: InitiatorContext,
): Step<InitiatorTransition> {
  if (eap.success) return yield* conclude(state, eap, payloads, context);
  let { responderId, isAlone = false } = eap;
  if (responderId === undefined) {
    const claimed = findPayload(payloads, "IDr");
    const proof = claimed && (yield* gatewayProof(state, claimed, payloads, context));
    // Nothing is told to a gateway that has not proven itself.
    if (!claimed || proof === "none") return fail(state, "authentication-failed");
    responderId = copyIdentity(claimed);
    isAlone = proof === "by-eap";
  }
  const { eapOnly } = context.configuration.eap ?? {};
  const mayRun = (type: number): boolean => !isAlone || isEnoughAlone(type, eapOnly);
  const received = findPayload(payloads, "EAP");
  const turn = received && (yield* eap.peer.receive(received.message, mayRun));
  switch (turn?.kind) {
    case "response": {
      const next = { ...state, eap: { ...eap, responderId, isAlone } };
      return yield* sendNext(next, [{ type: "EAP", message: turn.message }], protection, context);
    }
    case "success": {
      const success = { msk: turn.msk };
      const auth = yield* authenticate(
        keyOf(success, state.keys.skPi),
        initiatorContent(state.first, state.keys, context.configuration.identity),
      );
      const next = { ...state, eap: { ...eap, responderId, success } };
      return yield* sendNext(next, [authPayload(auth)], protection, context);
    }
    default:
      // The gateway has proven itself: there is nobody else to wait for.
      return {
        next: { waitsFor: "nothing", reason: "authentication-failed", spis: state.first.spis, isAuthentic: true },
        effects: [],
      };
  }
}

/**
 * How the gateway proves itself before EAP; `by-eap`: it leaves that to the method, which this end has asked for (RFC 5998, section 3). AUTH that this end
 * could not check is none.
 */
function* gatewayProof(
  state: AwaitingAuthResponse,
  claimed: IdentificationPayload,
  payloads: readonly Payload[],
  context: InitiatorContext,
): Step<"first" | "by-eap" | "none"> {
  const { eap, peerIdentity, certificates, presharedKey } = context.configuration;
  const auth = findPayload(payloads, "AUTH");
  if (auth && (certificates || presharedKey)) {
    return (yield* provesItself(state, claimed, auth, payloads, context)) ? "first" : "none";
  }
  if (eap?.eapOnly === undefined) return "none";
  return peerIdentity === undefined || sameIdentity(claimed, peerIdentity) ? "by-eap" : "none";
}

/** The gateway has to have the method's key as well: one that only relayed its messages has not. */
function* conclude(
  state: AwaitingAuthResponse,
  { responderId, success }: EapProgress,
  payloads: readonly Payload[],
  context: InitiatorContext,
): Step<InitiatorTransition> {
  const { first, keys } = state;
  const auth = authDataOf(payloads);
  if (!auth || !responderId) return fail(state, "authentication-failed");
  const proven = yield* verifyAuthentication(keyOf(success, keys.skPr), responderContent(first, keys, responderId), auth);
  return proven
    ? yield* establish({ ...state, nextId: state.messageId + 1 }, payloads, responderId, context)
    : fail(state, "authentication-failed");
}

/** Without a key of the method's, SK_pi and SK_pr serve in its place (RFC 7296, section 2.16). */
function keyOf(success: EapProgress["success"], skP: Uint8Array): Credential {
  return { kind: "shared-key", presharedKey: success?.msk ?? skP };
}

/** Message IDs rise by one (RFC 4718, section 3.10). */
function* sendNext(
  state: AwaitingAuthResponse,
  payloads: readonly Payload[],
  protection: ProtectionContext,
  { configuration, random, now }: InitiatorContext,
): Step<InitiatorTransition> {
  const messageId = state.messageId + 1;
  const octets = yield* sealMessage(protection, {
    ...state.first.spis,
    exchangeType: ExchangeType.IKE_AUTH,
    fromInitiator: true,
    isResponse: false,
    messageId,
  }, payloads);
  const request = firstSent(octets, configuration.retransmission, now.monotonicMs, random);
  return { next: { ...state, messageId, request }, effects: sendEach(octets, state.path) };
}
