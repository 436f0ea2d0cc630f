/**
 * Sessions that a seed repeats. Messages and tickets are what clients and gateways of this project write, and of unequal lengths as in
 * real traffic: client identities of 5 to 60 octets, IKE_AUTH requests of 190 to 420.
 *
 * The expected outputs are of the `node` provider, which is none of the implementations that are compared.
 *
 * @module
 */
import { parseEspProposal, parseIkeProposal, parseSelectors } from "../../src/configuration/mod.ts";
import type { RandomSource } from "../../src/crypto/key_exchange.ts";
import { createNodeProvider } from "../../src/crypto/node/provider.ts";
import { AES_GCM_16, PRF_HMAC_SHA2_256 } from "../../src/crypto/registry.ts";
import { fragmentationPayload } from "../../src/ike/states/first_exchange.ts";
import { natDetectionPayloads } from "../../src/ike/message/nat_detection.ts";
import { notify } from "../../src/ike/message/notify.ts";
import { offerEsp, offerIke } from "../../src/ike/ike_sa/proposals.ts";
import { seededRandom } from "../../src/load/seeded_random.ts";
import type { Identity } from "../../src/ticket/identity.ts";
import { sealTicketRequest, ticketLength } from "../../src/ticket/ticket_by_value.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import type { TicketState } from "../../src/ticket/ticket_state.ts";
import { AuthenticationMethod, ExchangeType, IdType, NotifyType } from "../../src/wire/constants.ts";
import type { Header } from "../../src/wire/header.ts";
import { encodeMessage, encodePayloads, encodeProtectedPrefix } from "../../src/wire/message.ts";
import type { Payload } from "../../src/wire/payload.ts";
import { encodeIdentificationBody } from "../../src/wire/payloads/identification.ts";
import {
  CHILD_KEYS_LENGTH,
  ICV_LENGTH,
  KEY_LENGTH,
  KEYING_MATERIAL_LENGTH,
  MAC_LENGTH,
  MESSAGE_CLEAR_LENGTH,
  MESSAGE_IV_LENGTH,
  RESUMPTION_LABEL,
  type Session,
  skD,
  skEi,
  skEr,
  skPi,
  skPr,
} from "./session.ts";

const SHORTEST_IDENTITY = 5;
const LONGEST_IDENTITY = 60;
const SHORTEST_REQUEST = 180;
const LONGEST_REQUEST = 420;
const NONCE_LENGTH = 32;
const LIFETIME_LENGTH = 4;
/** Whose generic header is 4 octets and which says nothing: what makes a request longer. */
const SHORTEST_VENDOR_ID = 8;
const NOW_EPOCH_SECONDS = 1_700_000_000;
const GATEWAY: Identity = identityOf("gateway-3.frankfurt.vpn.example.net");
const GATEWAY_ENDPOINT = { address: "192.0.2.1", port: 500 };
const CLIENT_ENDPOINT = { address: "198.51.100.1", port: 500 };
const IKE_PROPOSAL = offerIke([parseIkeProposal("aes256gcm16-prfsha256-x25519")])[0];
const SELECTORS = parseSelectors("0.0.0.0/0");
const MESSAGE_PROTECTION = { encryption: AES_GCM_16, keyLength: KEY_LENGTH };
const prf = PRF_HMAC_SHA2_256;
const provider = createNodeProvider();

/** @param seed a whole number; equal seeds give equal sessions. */
export function generateSessions(count: number, seed: number): Session[] {
  const random = seededRandom(seed, "bench core");
  const ring = TicketKeyRing.generate(random, NOW_EPOCH_SECONDS);
  return Array.from({ length: count }, () => generateSession(random, ring));
}

function generateSession(random: RandomSource, ring: TicketKeyRing): Session {
  const initiator = identityOf(randomText(random, between(random, SHORTEST_IDENTITY, LONGEST_IDENTITY)));
  const resumed = ticketOf(random, ring, initiator, spisOf(random(16)), random(MAC_LENGTH));
  const ticketKey = resumed.seal.encryptionKey;

  const spis = random(16);
  const initiatorNonce = random(NONCE_LENGTH);
  const responderNonce = random(NONCE_LENGTH);
  const { initiatorMessage, responderMessage } = resumeMessages(spis, initiatorNonce, responderNonce, resumed.ticket);
  const keyingMaterial = provider.deriveKeys([{
    prf,
    key: resumed.skD,
    data: [RESUMPTION_LABEL, initiatorNonce, responderNonce],
    seed: [initiatorNonce, responderNonce, spis],
    length: KEYING_MATERIAL_LENGTH,
  }])[0];

  const initiatorId = encodeIdentificationBody(initiator);
  const responderId = encodeIdentificationBody(GATEWAY);
  const initiatorAuth = authOf(skPi(keyingMaterial), initiatorMessage, responderNonce, initiatorId);
  const responderAuth = authOf(skPr(keyingMaterial), responderMessage, initiatorNonce, responderId);
  const request = plainMessage(spis, false, random, requestPayloads(random, initiator, initiatorAuth));
  const next = ticketOf(random, ring, initiator, spisOf(spis), skD(keyingMaterial));
  const place = new Uint8Array(next.ticket.length);
  const response = plainMessage(spis, true, random, responsePayloads(random, responderAuth, place));
  const ticketOffset = response.plaintext.length - 1 - next.ticket.length;
  const responsePlaintext = response.plaintext.slice();
  responsePlaintext.set(next.ticket, ticketOffset);

  return {
    ticketKey,
    ticket: resumed.ticket,
    oldSkDOffset: offsetOf(resumed.skD, resumed.seal.plaintext),
    nonces: Uint8Array.of(...initiatorNonce, ...responderNonce),
    initiatorNonce,
    responderNonce,
    spis,
    initiatorMessage,
    responderMessage,
    initiatorId,
    responderId,
    request: sealed(skEi(keyingMaterial), request),
    authOffset: offsetOf(initiatorAuth, request.plaintext),
    nextTicket: { associatedData: next.seal.associatedData, iv: next.seal.iv, plaintext: next.seal.plaintext },
    response,
    ticketOffset,
    expected: {
      ticketState: resumed.seal.plaintext,
      keyingMaterial,
      requestPlaintext: request.plaintext,
      auth: responderAuth,
      childKeys: provider.prfPlus([{
        prf,
        key: skD(keyingMaterial),
        seed: [initiatorNonce, responderNonce],
        length: CHILD_KEYS_LENGTH,
      }])[0],
      nextTicket: next.ticket,
      response: sealed(skEr(keyingMaterial), { ...response, plaintext: responsePlaintext }),
    },
  };
}

function ticketOf(
  random: RandomSource,
  ring: TicketKeyRing,
  initiatorId: Identity,
  spis: Pick<TicketState, "initiatorSpi" | "responderSpi">,
  skD: Uint8Array,
) {
  const seal = sealTicketRequest(
    {
      initiatorId,
      responderId: GATEWAY,
      ...spis,
      proposal: IKE_PROPOSAL,
      skD,
      authenticationMethod: AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE,
      expiresAtEpochSeconds: NOW_EPOCH_SECONDS + 3_600,
      authenticatedAtEpochSeconds: NOW_EPOCH_SECONDS,
      issuedToAddress: random(4),
    },
    ring,
    random,
  );
  if (seal === undefined) throw new Error("the ring of ticket keys has none to seal with");
  const ticket = provider.seal([seal])[0];
  if (ticket.length !== ticketLength(seal)) throw new Error("a ticket is not as long as it was said to be");
  return { seal, ticket, skD };
}

function resumeMessages(spis: Uint8Array, initiatorNonce: Uint8Array, responderNonce: Uint8Array, ticket: Uint8Array) {
  const both = spisOf(spis);
  const first = { ...both, responderSpi: 0n };
  const header = { exchangeType: ExchangeType.IKE_SESSION_RESUME, messageId: 0 };
  return {
    initiatorMessage: encodeMessage({ ...header, ...first, fromInitiator: true, isResponse: false }, [
      { type: "Nonce", nonce: initiatorNonce },
      notify(NotifyType.TICKET_OPAQUE, ticket),
      fragmentationPayload(),
      ...natDetectionPayloads(first, CLIENT_ENDPOINT, GATEWAY_ENDPOINT),
    ]),
    responderMessage: encodeMessage({ ...header, ...both, fromInitiator: false, isResponse: true }, [
      { type: "Nonce", nonce: responderNonce },
      fragmentationPayload(),
      ...natDetectionPayloads(both, GATEWAY_ENDPOINT, CLIENT_ENDPOINT),
    ]),
  };
}

/** {IDi, AUTH, SAi2, TSi, TSr, N(TICKET_REQUEST)}, and what clients add of their own. */
function requestPayloads(random: RandomSource, initiator: Identity, auth: Uint8Array): Payload[] {
  const payloads: Payload[] = [
    { type: "IDi", ...initiator },
    { type: "AUTH", method: AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE, data: auth },
    ...childPayloads(random),
    notify(NotifyType.TICKET_REQUEST),
  ];
  const around = MESSAGE_CLEAR_LENGTH + MESSAGE_IV_LENGTH + 1 + ICV_LENGTH;
  const missing = between(random, SHORTEST_REQUEST, LONGEST_REQUEST) - around - encodePayloads(payloads).octets.length;
  if (missing < SHORTEST_VENDOR_ID) return payloads;
  return [...payloads, { type: "V", vendorId: random(missing - 4) }];
}

/** {IDr, AUTH, SAr2, TSi, TSr, N(TICKET_LT_OPAQUE)}. */
function responsePayloads(random: RandomSource, auth: Uint8Array, ticket: Uint8Array): Payload[] {
  const granted = new Uint8Array(LIFETIME_LENGTH + ticket.length);
  new DataView(granted.buffer).setUint32(0, 3_600);
  granted.set(ticket, LIFETIME_LENGTH);
  return [
    { type: "IDr", ...GATEWAY },
    { type: "AUTH", method: AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE, data: auth },
    ...childPayloads(random),
    notify(NotifyType.TICKET_LT_OPAQUE, granted),
  ];
}

function childPayloads(random: RandomSource): Payload[] {
  return [
    { type: "SA", proposals: offerEsp([parseEspProposal("aes256gcm16")], random(4)) },
    { type: "TSi", selectors: SELECTORS },
    { type: "TSr", selectors: SELECTORS },
  ];
}

/** The parts of an IKE_AUTH message before it is sealed. */
function plainMessage(spis: Uint8Array, isResponse: boolean, random: RandomSource, payloads: readonly Payload[]) {
  const inner = encodePayloads(payloads);
  const plaintext = new Uint8Array(inner.octets.length + 1); // the last octet: Pad Length 0
  plaintext.set(inner.octets);
  const header: Header = {
    ...spisOf(spis),
    exchangeType: ExchangeType.IKE_AUTH,
    fromInitiator: !isResponse,
    isResponse,
    messageId: 1,
  };
  const protectedLength = MESSAGE_IV_LENGTH + plaintext.length + ICV_LENGTH;
  return {
    associatedData: encodeProtectedPrefix(header, inner.firstPayload, protectedLength),
    iv: random(MESSAGE_IV_LENGTH),
    plaintext,
  };
}

function sealed(encryptionKey: Uint8Array, plain: Session["response"]): Uint8Array {
  return provider.seal([{ protection: MESSAGE_PROTECTION, encryptionKey, integrityKey: new Uint8Array(0), ...plain }])[0];
}

function authOf(key: Uint8Array, realMessage: Uint8Array, peerNonce: Uint8Array, restOfIdPayload: Uint8Array): Uint8Array {
  const macedId = provider.prf([{ prf, key, data: [restOfIdPayload] }])[0];
  return provider.prf([{ prf, key, data: [realMessage, peerNonce, macedId] }])[0];
}

function spisOf(octets: Uint8Array) {
  const view = new DataView(octets.buffer, octets.byteOffset);
  return { initiatorSpi: view.getBigUint64(0), responderSpi: view.getBigUint64(8) };
}

function identityOf(text: string): Identity {
  return { idType: IdType.ID_KEY_ID, identification: new TextEncoder().encode(text) };
}

function randomText(random: RandomSource, length: number): string {
  return Array.from(random(length), (octet) => (octet % 36).toString(36)).join("");
}

/** A whole number from `least` to `most`. */
function between(random: RandomSource, least: number, most: number): number {
  const drawn = new DataView(random(4).buffer).getUint32(0);
  return least + drawn % (most - least + 1);
}

/** Where `part`, which is random and stands there once, begins in `whole`. */
function offsetOf(part: Uint8Array, whole: Uint8Array): number {
  for (let offset = 0; offset + part.length <= whole.length; offset++) {
    if (part.every((octet, index) => whole[offset + index] === octet)) return offset;
  }
  throw new Error("what was written is not where it should be");
}
