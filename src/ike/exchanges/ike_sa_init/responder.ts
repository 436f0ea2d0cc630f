/**
 * IKE_SA_INIT, responder's side (RFC 7296, section 1.2).
 *
 * @module
 */
import { NotifyType } from "../../../wire/constants.ts";
import type { Message } from "../../../wire/message.ts";
import type { Payload } from "../../../wire/payload.ts";
import { chooseIkeFor, withoutRequiredAdditional } from "../../ike_sa/proposals.ts";
import { sharedIkeSuiteOf } from "../../ike_sa/shared_suites.ts";
import { newIkeSpi } from "../../ike_sa/spi.ts";
import { findNotify, findPayload, notify } from "../../message/notify.ts";
import { isNonceLongEnough } from "../../states/first_exchange.ts";
import type { Datagram } from "../../steps/datagram.ts";
import type { Step } from "../../steps/step.ts";
import { acceptFirst } from "../accept_first.ts";
import { type FirstAnswer, refuseFirst } from "../first_response.ts";
import { initResponsePayloads } from "../ike_auth/certificate_proof.ts";
import type { ResponderContext } from "../responder_context.ts";

/** HDR, SAi1, KEi, Ni → HDR, SAr1, KEr, Nr [, CERTREQ]; the message has passed the rules of its exchange. `beside`: what else is to be said in an answer that accepts. */
export function* respondToInit(
  message: Message,
  datagram: Datagram,
  context: ResponderContext,
  beside: readonly Payload[] = [],
): Step<FirstAnswer> {
  const { configuration } = context;
  const offer = findPayload(message.payloads, "SA");
  const keyExchange = findPayload(message.payloads, "KE");
  const initiatorNonce = findPayload(message.payloads, "Nonce")?.nonce;
  if (!offer || !keyExchange || !initiatorNonce) return { kind: "dropped", reason: "malformed" };

  const knowsIntermediate = findNotify(message.payloads, NotifyType.INTERMEDIATE_EXCHANGE_SUPPORTED) !== undefined;
  const { ikeProposals } = configuration;
  const acceptable = knowsIntermediate ? ikeProposals : withoutRequiredAdditional(ikeProposals);
  const chosen = chooseIkeFor(keyExchange.group, offer.proposals, acceptable);
  const suite = chosen && sharedIkeSuiteOf(chosen);
  if (suite === undefined) return refuseFirst(message, notify(NotifyType.NO_PROPOSAL_CHOSEN), "no-proposal-chosen");
  if (suite.group.id !== keyExchange.group) {
    return refuseFirst(message, notify(NotifyType.INVALID_KE_PAYLOAD, groupOctets(suite.group.id)), "invalid-ke-payload");
  }
  if (keyExchange.keyExchangeData.length !== suite.group.publicValueLength) return { kind: "dropped", reason: "malformed" };
  if (!isNonceLongEnough(initiatorNonce.length, suite)) return { kind: "dropped", reason: "nonce-too-short" };

  const pair = yield* context.keyPairs.take(suite.group.id, context.now.monotonicMs);
  return acceptFirst(message, datagram, context, {
    suite,
    initiatorNonce,
    newSpi: () => newIkeSpi(context.random, configuration.spiWorker),
    payloads: [
      { type: "SA", proposals: [suite.proposal] },
      { type: "KE", group: suite.group.id, keyExchangeData: pair.publicValue },
    ],
    payloadsBehind: [
      ...(configuration.childless ? [notify(NotifyType.CHILDLESS_IKEV2_SUPPORTED)] : []),
      ...(suite.additional.length > 0 ? [notify(NotifyType.INTERMEDIATE_EXCHANGE_SUPPORTED)] : []),
      ...initResponsePayloads(configuration.certificates, message.payloads),
      ...beside,
    ],
    keySource: { kind: "key-exchange", pair, peerPublicValue: keyExchange.keyExchangeData },
  });
}

function groupOctets(group: number): Uint8Array {
  return Uint8Array.of(group >> 8, group & 0xff);
}
