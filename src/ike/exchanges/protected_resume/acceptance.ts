/**
 * An accepted request of draft-sheffer-ipsec-failover-03: the answer, and all that the IKE SA is to be made of once its client is heard.
 *
 * @module
 */
import { identityKey } from "../../../ticket/identity.ts";
import type { Payload } from "../../../wire/payload.ts";
import { type IkeSaKeys, keysFromTicket, wipeIkeSaKeys } from "../../ike_sa/ike_sa_keys.ts";
import { noncePair } from "../../ike_sa/nonces.ts";
import { detectNat, natDetectionPayloads } from "../../message/nat_detection.ts";
import { redirectSupportOf } from "../../message/redirect_notifies.ts";
import { sealLoneMessage } from "../../message/lone_message.ts";
import { reauthenticationOf } from "../../policy/reauthentication.ts";
import { type FirstExchange, NONCE_LENGTH } from "../../states/first_exchange.ts";
import { lifeLimitsOf } from "../../states/life_limits.ts";
import { metAt } from "../../states/peer_path.ts";
import type { AwaitingConfirmation } from "../../states/responder_state.ts";
import { newTicketSeries } from "../../states/ticket_series.ts";
import { pathOf } from "../../steps/datagram.ts";
import { settled, type Step } from "../../steps/step.ts";
import { roomBeside } from "../../tickets/ticket_limits.ts";
import { finishTicket, useTicketFor } from "../../tickets/ticket_request.ts";
import { draftTicket } from "../../tickets/ticket_draft.ts";
import { authLifetimePayloads } from "../authentication_lifetime.ts";
import { type FirstAnswer, responseHeader } from "../first_response.ts";
import { chooseChildSa, createChildSa } from "../ike_auth/first_child_sa.ts";
import { type ProvenClient, responderIdOf } from "../ike_auth/responder_authentication.ts";
import { newSpiAfter } from "../presented_ticket.ts";
import type { ResponderContext } from "../responder_context.ts";
import type { AuthenticRequest } from "./responder.ts";

type Client = Omit<ProvenClient, "inReturn">;
type Accepted = Extract<FirstAnswer, { kind: "accepted" }>;

/** HDR, SK {IDr, Nr, [CP,] SAr2, TSi, TSr [, N(TICKET_OPAQUE)]}. No IKE SA ends by it, and no ticket is used. */
export function* acceptProtected(request: AuthenticRequest, client: Client, context: ResponderContext): Step<Accepted> {
  const first = firstExchangeOf(request, context);
  const keys = yield* keysFromTicket(
    first.suite,
    request.keys.keys.skD,
    first.nonces,
    first.spis,
    request.profile.skeyseedData,
  );
  let isAnswered = false;
  try {
    const accepted = yield* answered(request, client, first, keys, context);
    isAnswered = true;
    return accepted;
  } finally {
    if (!isAnswered) {
      wipeIkeSaKeys(keys);
      context.remoteAddresses.release(first.spis.responderSpi);
    }
  }
}

function* answered(
  request: AuthenticRequest,
  client: Client,
  first: FirstExchange,
  keys: IkeSaKeys,
  context: ResponderContext,
): Step<Accepted> {
  const { message, datagram, presented, payloads: requested, keys: subset } = request;
  const { configuration, now } = context;
  const { initiatorId, authenticationMethod, items } = client;
  const { spis, suite } = first;
  const responderId = responderIdOf(presented, request.profile, context);
  const reauthenticateByMs = reauthenticationOf(configuration, now, presented.state);
  const lifeLimits = lifeLimitsOf(configuration, spis.responderSpi, now);
  const series = newTicketSeries(spis);
  const { credential } = presented.state;
  if (credential) series.credential = { ticketKey: presented.ticketKey, fingerprint: credential.slice() };
  const state = {
    ...items,
    initiatorId,
    responderId,
    initiatorSpi: spis.initiatorSpi,
    responderSpi: spis.responderSpi,
    proposal: suite.proposal,
    skD: keys.skD,
    authenticationMethod,
  };
  const limits = { series, reauthenticateByMs, endsAtMs: lifeLimits.endsAtMs };
  const draft = yield* settled(draftTicket(requested, state, context, limits));
  const { kept } = yield* useTicketFor(draft, undefined, spis.responderSpi);
  const child = yield* firstChildSa(request, client, first, keys, context);
  const payloads: Payload[] = [
    { type: "IDr", ...responderId },
    { type: "Nonce", nonce: first.nonces.responderNonce },
    ...natDetectionPayloads(spis, datagram.local, datagram.remote),
    ...child.payloads,
    ...authLifetimePayloads(reauthenticateByMs, now),
  ];
  const ticket = yield* finishTicket(draft, kept, roomBeside(configuration, suite, payloads));
  payloads.push(...ticket.payloads);
  const header = responseHeader(message.header, spis.responderSpi);
  const response = yield* sealLoneMessage(subset, suite, "responder", header, [], payloads, ticket.unsealed);
  const { kind, ticketId, ticketKey } = presented;
  const next: AwaitingConfirmation = {
    waitsFor: "confirmation",
    first,
    presented: { kind, ticketId, state: presented.state, ticketKey },
    promised: child.addresses ?? [],
    comingUp: {
      first,
      sealed: { next: 0n },
      keys,
      expectedId: 0,
      client,
      responderId,
      resumed: true,
      lifeLimits,
      reauthenticateByMs,
      series,
      childSa: child.childSa,
      told: [...child.effects, ...ticket.effects],
    },
  };
  return { kind: "accepted", response, next };
}

function firstExchangeOf(
  { message, datagram, profile, presented, nonce }: AuthenticRequest,
  context: ResponderContext,
): FirstExchange {
  const { initiatorSpi } = message.header;
  return {
    spis: { initiatorSpi, responderSpi: newSpiAfter(presented, context) },
    suite: presented.suite,
    nonces: noncePair(nonce, context.random(NONCE_LENGTH)),
    // Nobody signs them.
    initiatorMessage: message.octets,
    responderMessage: NO_OCTETS,
    nat: detectNat(message.payloads, { initiatorSpi, responderSpi: 0n }, datagram),
    cameBy: pathOf(datagram),
    ...(redirectSupportOf(message.payloads) && { followsRedirects: true }),
    keySource: { kind: "ticket", oldSkD: presented.state.skD, profile },
  };
}

const NO_OCTETS = new Uint8Array(0);

function firstChildSa(
  { datagram, presented, payloads }: AuthenticRequest,
  { initiatorId, items }: Client,
  first: FirstExchange,
  keys: IkeSaKeys,
  context: ResponderContext,
) {
  const identity = items.eapIdentity ?? initiatorId;
  return createChildSa({
    first,
    keys,
    payloads,
    choice: chooseChildSa(payloads, context.configuration),
    keymat: undefined,
    // Where there is a NAT, all that follows goes over UDP encapsulation.
    encapsulated: first.nat.natDetected,
    identity,
    identityKey: identityKey(identity),
    remote: datagram.remote,
    metAt: metAt(first, pathOf(datagram)),
    predecessor: context.ownSpiOf(presented.state),
    isUnconfirmed: true,
  }, context);
}
