/**
 * A first message that is accepted: the answer, and the half-open IKE SA that waits for IKE_AUTH. IKE_SA_INIT and IKE_SESSION_RESUME
 * are equivalent in this (RFC 5723, section 4.3.2).
 *
 * @module
 */
import { encodeMessage, type Message } from "../../wire/message.ts";
import type { Payload } from "../../wire/payload.ts";
import { noncePair } from "../ike_sa/nonces.ts";
import type { IkeSuite } from "../ike_sa/suite.ts";
import { detectNat, natDetectionPayloads } from "../message/nat_detection.ts";
import { redirectSupportOf } from "../message/redirect_notifies.ts";
import { fragmentationPayload, fragmentsFrom, type KeySource, NONCE_LENGTH } from "../states/first_exchange.ts";
import type { AwaitingAuth } from "../states/responder_state.ts";
import { type Datagram, pathOf } from "../steps/datagram.ts";
import { type FirstAnswer, responseHeader } from "./first_response.ts";
import type { ResponderContext } from "./responder_context.ts";

/** What differs between the two exchanges. */
export interface Acceptance {
  readonly suite: IkeSuite;
  readonly initiatorNonce: Uint8Array;
  /** Makes this end's SPI. */
  readonly newSpi: () => bigint;
  /** What comes before Nr in the answer. */
  readonly payloads: readonly Payload[];
  /** What comes last. */
  readonly payloadsBehind?: readonly Payload[];
  readonly keySource: KeySource;
}

/** The message has passed all that can refuse it. */
export function acceptFirst(
  message: Message,
  datagram: Datagram,
  { configuration, random, fragmentBudget }: ResponderContext,
  { suite, initiatorNonce, newSpi, payloads, payloadsBehind = [], keySource }: Acceptance,
): Extract<FirstAnswer, { kind: "accepted" }> {
  const responderNonce = random(NONCE_LENGTH);
  const fragments = fragmentsFrom(message.payloads, configuration, fragmentBudget);
  const spis = { initiatorSpi: message.header.initiatorSpi, responderSpi: newSpi() };
  const response = encodeMessage(responseHeader(message.header, spis.responderSpi), [
    ...payloads,
    { type: "Nonce", nonce: responderNonce },
    ...(fragments ? [fragmentationPayload()] : []),
    ...natDetectionPayloads(spis, datagram.local, datagram.remote),
    ...payloadsBehind,
  ]);
  const next: AwaitingAuth = {
    waitsFor: "IKE_AUTH",
    sealed: { next: 0n },
    first: {
      spis,
      suite,
      nonces: noncePair(initiatorNonce, responderNonce),
      initiatorMessage: message.octets,
      responderMessage: response,
      // The hashes in the request cover its own header: SPIr is still zero there.
      nat: detectNat(message.payloads, { ...spis, responderSpi: 0n }, datagram),
      cameBy: pathOf(datagram),
      ...(redirectSupportOf(message.payloads) && { followsRedirects: true }),
      fragments,
      keySource,
    },
  };
  return { kind: "accepted", response, next };
}
