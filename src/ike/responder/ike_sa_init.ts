/**
 * IKE_SA_INIT, responder's side (RFC 7296, section 1.2).
 *
 * @module
 */
import { encodeMessage, type Message } from "../../wire/message.ts";
import { NotifyType } from "../../wire/constants.ts";
import type { Payload } from "../../wire/payload.ts";
import { type Datagram, pathOf } from "../datagram.ts";
import { fragmentationPayload, fragmentsFrom, isNonceLongEnough, NONCE_LENGTH } from "../first_exchange.ts";
import { noncePair } from "../ike_sa_keys.ts";
import { detectNat, natDetectionPayloads } from "../nat_detection.ts";
import { findPayload, notify } from "../notify.ts";
import { chooseIkeFor } from "../proposals.ts";
import { sharedIkeSuiteOf } from "../shared_suites.ts";
import { newIkeSpi } from "../spi.ts";
import type { Step } from "../step.ts";
import { refuseFirst, responseHeader } from "./first_response.ts";
import type { FirstAnswer, ResponderContext } from "./state.ts";

/** HDR, SAi1, KEi, Ni → HDR, SAr1, KEr, Nr; the message has passed the rules of its exchange. */
export function* respondToInit(message: Message, datagram: Datagram, context: ResponderContext): Step<FirstAnswer> {
  const { configuration, random } = context;
  const offer = findPayload(message.payloads, "SA");
  const keyExchange = findPayload(message.payloads, "KE");
  const initiatorNonce = findPayload(message.payloads, "Nonce")?.nonce;
  if (!offer || !keyExchange || !initiatorNonce) return { kind: "dropped", reason: "malformed" };

  const chosen = chooseIkeFor(keyExchange.group, offer.proposals, configuration.ikeProposals);
  const suite = chosen && sharedIkeSuiteOf(chosen);
  if (suite === undefined) return refuseFirst(message, notify(NotifyType.NO_PROPOSAL_CHOSEN), "no-proposal-chosen");
  if (suite.group.id !== keyExchange.group) {
    return refuseFirst(message, notify(NotifyType.INVALID_KE_PAYLOAD, groupOctets(suite.group.id)), "invalid-ke-payload");
  }
  if (keyExchange.keyExchangeData.length !== suite.group.publicValueLength) return { kind: "dropped", reason: "malformed" };
  if (!isNonceLongEnough(initiatorNonce, suite)) return { kind: "dropped", reason: "nonce-too-short" };

  const pair = yield* context.keyPairs.take(suite.group.id, context.now.monotonicMs);
  const responderNonce = random(NONCE_LENGTH);
  const fragments = fragmentsFrom(message.payloads, context.fragmentBudget);
  const spis = { initiatorSpi: message.header.initiatorSpi, responderSpi: newIkeSpi(random) };
  const payloads: Payload[] = [
    { type: "SA", proposals: [suite.proposal] },
    { type: "KE", group: suite.group.id, keyExchangeData: pair.publicValue },
    { type: "Nonce", nonce: responderNonce },
    ...(fragments ? [fragmentationPayload()] : []),
    ...natDetectionPayloads(spis, datagram.local, datagram.remote),
  ];
  const response = encodeMessage(responseHeader(message.header, spis.responderSpi), payloads);
  const next = {
    waitsFor: "IKE_AUTH",
    sealed: { next: 0n },
    first: {
      spis,
      suite,
      nonces: noncePair(initiatorNonce, responderNonce),
      initiatorMessage: message.octets,
      responderMessage: response,
      // The hashes in the request cover its own header: SPIr is still zero there.
      ...detectNat(message.payloads, { ...spis, responderSpi: 0n }, datagram),
      cameBy: pathOf(datagram),
      fragments,
      keySource: { kind: "key-exchange", pair, peerPublicValue: keyExchange.keyExchangeData },
    },
  } as const;
  return { kind: "accepted", response, next };
}

function groupOctets(group: number): Uint8Array {
  return Uint8Array.of(group >> 8, group & 0xff);
}
