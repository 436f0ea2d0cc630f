/**
 * IKE_SA_INIT, initiator's side (RFC 7296, section 1.2; RFC 4718, section 2).
 *
 * @module
 */
import type { KeyPair } from "../../crypto/key_exchange.ts";
import { ExchangeType, NotifyType } from "../../wire/constants.ts";
import { encodeMessage, type Message } from "../../wire/message.ts";
import type { Datagram } from "../datagram.ts";
import { type FirstExchange, fragmentationPayload, fragmentsFrom, isNonceLongEnough, NONCE_LENGTH } from "../first_exchange.ts";
import { noncePair } from "../ike_sa_keys.ts";
import { detectNat, natDetectionPayloads } from "../nat_detection.ts";
import { findErrorNotify, findNotify, findPayload } from "../notify.ts";
import { isChosenFrom, offerIke } from "../proposals.ts";
import { firstSent } from "../retransmission.ts";
import { newIkeSpi } from "../spi.ts";
import { generateKeyPair, type Step } from "../step.ts";
import { ikeSuiteOf } from "../suite.ts";
import { cookiePayloads, isSentAlready, refusedUnsigned, requestedCookie } from "./first_response.ts";
import { startAuth } from "./ike_auth.ts";
import {
  type AwaitingInitResponse,
  dropped,
  type InitiatorContext,
  type InitiatorTransition,
  MAXIMUM_RETRIES,
  plainPath,
  send,
} from "./state.ts";

/** Sends HDR, SAi1, KEi, Ni with a value for the group that is preferred. */
export function* startInit(context: InitiatorContext): Step<InitiatorTransition> {
  const pair = yield* generateKeyPair(offeredGroups(context)[0]);
  return sendInit(
    { initiatorSpi: newIkeSpi(context.random), initiatorNonce: context.random(NONCE_LENGTH), pair, retries: 0 },
    context,
  );
}

/** HDR, SAr1, KEr, Nr: on to IKE_AUTH. COOKIE and INVALID_KE_PAYLOAD: the request is made anew. */
export function* receiveInitResponse(
  state: AwaitingInitResponse,
  message: Message,
  datagram: Datagram,
  context: InitiatorContext,
): Step<InitiatorTransition> {
  const cookie = requestedCookie(message);
  if (cookie) return isSentAlready(state, cookie) ? dropped(state, "repeated-cookie") : retry(state, { cookie }, context);
  const wrongGroup = findNotify(message.payloads, NotifyType.INVALID_KE_PAYLOAD);
  if (wrongGroup) return yield* retryWithGroup(state, wrongGroup.data, context);
  if (findErrorNotify(message.payloads)) return refusedUnsigned(state, "no-proposal-chosen", context);
  const first = acceptInit(state, message, datagram, context);
  if (typeof first === "string") return dropped(state, first);
  return (yield* startAuth(first, undefined, context)) ?? dropped(state, "public-value-unacceptable");
}

function acceptInit(
  state: AwaitingInitResponse,
  message: Message,
  datagram: Datagram,
  { configuration }: InitiatorContext,
): FirstExchange | string {
  const { responderSpi } = message.header;
  const answer = findPayload(message.payloads, "SA");
  const keyExchange = findPayload(message.payloads, "KE");
  const responderNonce = findPayload(message.payloads, "Nonce")?.nonce;
  if (responderSpi === 0n || !answer || !keyExchange || !responderNonce) return "malformed";
  if (!isChosenFrom(answer.proposals, offerIke(configuration.ikeProposals))) return "not-offered";
  const suite = ikeSuiteOf(answer.proposals[0]);
  if (suite?.group.id !== state.pair.group || keyExchange.group !== state.pair.group) return "not-offered";
  if (!isNonceLongEnough(responderNonce, suite)) return "nonce-too-short";
  const spis = { initiatorSpi: state.initiatorSpi, responderSpi };
  return {
    spis,
    suite,
    nonces: noncePair(state.initiatorNonce, responderNonce),
    initiatorMessage: state.request.octets,
    responderMessage: message.octets,
    requestAmbiguous: state.cookie !== undefined,
    ...detectNat(message.payloads, spis, datagram),
    fragments: fragmentsFrom(message.payloads),
    keySource: { kind: "key-exchange", pair: state.pair, peerPublicValue: keyExchange.keyExchangeData },
  };
}

/** INVALID_KE_PAYLOAD names the group that the responder wants, in two octets: only one of those offered will do. */
function* retryWithGroup(state: AwaitingInitResponse, data: Uint8Array, context: InitiatorContext): Step<InitiatorTransition> {
  const group = data.length === 2 ? data[0] << 8 | data[1] : 0;
  if (group === state.pair.group || !offeredGroups(context).includes(group)) return dropped(state, "group-not-offered");
  return retry(state, { pair: yield* generateKeyPair(group) }, context);
}

/** The same SPI and nonce, message ID 0 and SPIr 0 again (RFC 4718, sections 2.1 and 2.2), and the cookie if there was one. */
function retry(
  state: AwaitingInitResponse,
  change: { readonly cookie?: Uint8Array; readonly pair?: KeyPair },
  context: InitiatorContext,
): InitiatorTransition {
  const { initiatorSpi, initiatorNonce, pair, cookie, retries } = state;
  if (retries === MAXIMUM_RETRIES) return dropped(state, "too-many-retries");
  return sendInit({ initiatorSpi, initiatorNonce, pair, cookie, ...change, retries: retries + 1 }, context);
}

function sendInit(
  attempt: Pick<AwaitingInitResponse, "initiatorSpi" | "initiatorNonce" | "pair" | "cookie" | "retries">,
  { configuration, path, random, now }: InitiatorContext,
): InitiatorTransition {
  const spis = { initiatorSpi: attempt.initiatorSpi, responderSpi: 0n };
  const octets = encodeMessage(
    { ...spis, exchangeType: ExchangeType.IKE_SA_INIT, fromInitiator: true, isResponse: false, messageId: 0 },
    [
      ...cookiePayloads(attempt.cookie),
      { type: "SA", proposals: offerIke(configuration.ikeProposals) },
      { type: "KE", group: attempt.pair.group, keyExchangeData: attempt.pair.publicValue },
      { type: "Nonce", nonce: attempt.initiatorNonce },
      fragmentationPayload(),
      ...natDetectionPayloads(spis, path.local, path.remote),
    ],
  );
  const request = firstSent(octets, configuration.retransmission, now.monotonicMs, random);
  return {
    next: { waitsFor: "IKE_SA_INIT response", ...attempt, request },
    effects: [send(octets, plainPath(path))],
  };
}

/** In order of preference. */
function offeredGroups({ configuration }: InitiatorContext): number[] {
  return configuration.ikeProposals.flatMap(({ groups }) => groups.map(({ id }) => id));
}
