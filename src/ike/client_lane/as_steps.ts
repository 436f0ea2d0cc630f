/**
 * A client of the lane as the steps would have it by now: whatever is not plain they go on with, from this state.
 *
 * @module
 */
import { wipe } from "../../crypto/wipe.ts";
import { cutKeys } from "../ike_sa/ike_sa_keys.ts";
import { noncePair } from "../ike_sa/nonces.ts";
import { espSpiOctets } from "../ike_sa/spi.ts";
import { FragmentBuffer } from "../message/fragments.ts";
import { longestMessageOf } from "../message/fragmentation.ts";
import { type NatStatus, NO_NAT } from "../message/nat_detection.ts";
import { AUTHENTICATION_METHOD } from "../authentication/auth_payload.ts";
import { RFC_5723 } from "../profiles/rfc5723.ts";
import { firstAffairs } from "../states/child_lives.ts";
import type { Established } from "../states/established.ts";
import type { AwaitingAuthResponse, AwaitingResumeResponse, InitiatorState } from "../states/initiator_state.ts";
import type { ClientTicket } from "../../ticket/client_ticket.ts";
import type { PlainClient } from "./plain_client.ts";

/** The gateway looked for NATs, and there is none. */
const NONE_FOUND: NatStatus = { natDetected: false, peerBehindNat: false, selfBehindNat: false };

/** The client itself is not to be used any more: its secrets are the state's now, or wiped. */
export function stateOf(client: PlainClient): InitiatorState {
  // The steps find it out themselves, once there is an answer.
  wipe(client.expectedAuth);
  switch (client.stage) {
    case "IKE_SESSION_RESUME response":
      return awaitingResume(client, ownTicket(client), []);
    case "IKE_AUTH response": {
      const ticket = ownTicket(client);
      return awaitingResume(client, ticket, [candidate(client, ticket)]);
    }
    case "requests":
      return established(client);
    case "nothing":
      return {
        waitsFor: "nothing",
        reason: "deleted-by-us",
        spis: { initiatorSpi: client.spis.initiatorSpi, responderSpi: 0n },
      };
  }
}

/** The ticket that is being used, with the client's own copy of SK_d. */
function ownTicket({ ticket, oldSkD }: PlainClient): ClientTicket {
  return { ...ticket, skD: oldSkD };
}

function awaitingResume(
  client: PlainClient,
  ticket: ClientTicket,
  candidates: readonly AwaitingAuthResponse[],
): AwaitingResumeResponse {
  const { spis: { initiatorSpi }, nonces, initiatorNonceLength, request, answersUntilMs, requestDueAtMs } = client;
  return {
    waitsFor: "IKE_SESSION_RESUME response",
    initiatorSpi,
    initiatorNonce: nonces.subarray(0, initiatorNonceLength),
    answersUntilMs,
    ticket,
    retries: 0,
    candidates,
    form: { octets: request, ambiguous: false },
    request: { octets: request, sent: 1, dueAtMs: requestDueAtMs },
  };
}

function candidate(client: PlainClient, ticket: ClientTicket): AwaitingAuthResponse {
  const { suite, spis, nonces, initiatorNonceLength, inboundSpi, offer } = client;
  return {
    waitsFor: "IKE_AUTH response",
    first: {
      spis,
      suite,
      nonces: noncePair(nonces.subarray(0, initiatorNonceLength), nonces.subarray(initiatorNonceLength)),
      initiatorMessage: client.request,
      responderMessage: client.response,
      requestAmbiguous: false,
      nat: client.looksForNats ? NONE_FOUND : NO_NAT,
      fragments: fragmentsOf(client),
      keySource: { kind: "ticket", oldSkD: ticket.skD, profile: RFC_5723 },
    },
    keys: cutKeys(client.keyingMaterial, suite),
    sealed: { next: 1n },
    path: client.path,
    request: { octets: client.authRequest, sent: 1, dueAtMs: client.authDueAtMs },
    messageId: 1,
    authenticationMethod: AUTHENTICATION_METHOD,
    ticket,
    childOffer: { proposals: offer.proposalsWith(espSpiOctets(inboundSpi)), inboundSpi },
  };
}

function established(client: PlainClient): Established {
  const { configuration, spis, suite, path, childSa, upAtMs, offer } = client;
  const now = { monotonicMs: upAtMs, epochSeconds: 0 };
  return {
    waitsFor: "requests",
    side: "client",
    role: "initiator",
    spis,
    suite,
    keys: cutKeys(client.keyingMaterial, suite),
    sealed: { next: 1n },
    fragments: fragmentsOf(client),
    initiatorId: configuration.identity,
    responderId: offer.responderId,
    authentication: { method: client.ticket.authenticationMethod, items: {} },
    heardAtMs: upAtMs,
    path,
    peerBehindNat: false,
    receiveWindow: { expectedId: 0 },
    sendWindow: { nextId: 2 },
    childSas: childSa ? [childSa] : [],
    children: firstAffairs(childSa, configuration.childSas, now),
    ticket: { expiresAtEpochSeconds: client.ticketExpiresAtEpochSeconds, renewAtMs: client.ticketRenewAtMs },
  };
}

function fragmentsOf({ knowsFragments, configuration: { fragmentSize } }: PlainClient): FragmentBuffer | undefined {
  return knowsFragments ? new FragmentBuffer(longestMessageOf(fragmentSize)) : undefined;
}
