/**
 * The batch core behind the provider interface, as the gateway's waves drive it: four calls for a batch of any size.
 *
 * @module
 */
import { loadWasmProvider } from "../../bindings/mod.ts";
import type {
  AuthenticateRequest,
  CryptoProvider,
  DeriveAndOpenRequest,
  DeriveKeysRequest,
  OpenRequest,
  SealRequest,
} from "../../src/crypto/provider.ts";
import { AES_GCM_16, PRF_HMAC_SHA2_256, TICKET_AES_256_GCM } from "../../src/crypto/registry.ts";
import { type Implementation, NotAuthentic, type Operation, type OperationName } from "./implementation.ts";
import {
  CHILD_KEYS_LENGTH,
  initiatorAuth,
  KEY_LENGTH,
  KEYING_MATERIAL_LENGTH,
  MESSAGE_CLEAR_LENGTH,
  oldSkD,
  type Outcome,
  RESUMPTION_LABEL,
  type Session,
  SK_EI_OFFSET,
  skD,
  skEi,
  skEr,
  skPi,
  skPr,
  TICKET_CLEAR_LENGTH,
} from "./session.ts";

const prf = PRF_HMAC_SHA2_256;
const MESSAGE_PROTECTION = { encryption: AES_GCM_16, keyLength: KEY_LENGTH };
const NO_KEY = new Uint8Array(0);

/** A core with a memory of its own. */
export async function loadBatchCore(): Promise<Implementation> {
  const provider = await loadWasmProvider();
  return { name: "core", resume: (sessions) => resume(provider, sessions), operations: operationsOf(provider) };
}

function resume(provider: CryptoProvider, sessions: readonly Session[]): Outcome[] {
  const states = provider.openTickets(sessions.map(openTicketRequest));
  const opened = provider.deriveAndOpen(sessions.map((session, index) => deriveAndOpenRequest(session, states[index])));
  const authenticated = provider.authenticate(sessions.map((session, index) => {
    const { keyingMaterial, plaintext } = opened[index];
    return authenticateRequest(session, keyingMaterial, authentic("open request", plaintext));
  }));
  const responses = provider.sealWithTicket(sessions.map((session, index) => ({
    ticket: sealTicketRequest(session),
    message: sealResponseRequest(session, opened[index].keyingMaterial, session.response.plaintext),
    ticketOffset: session.ticketOffset,
  })));
  return sessions.map((_, index) => {
    const { auth, keyingMaterial: childKeys } = authentic("authenticate", authenticated[index]);
    return {
      ticketState: authentic("open ticket", states[index]),
      keyingMaterial: opened[index].keyingMaterial,
      requestPlaintext: authentic("open request", opened[index].plaintext),
      auth,
      childKeys,
      response: responses[index],
    };
  });
}

function operationsOf(provider: CryptoProvider): Map<OperationName, Operation> {
  const both = (operation: OperationName, first: Uint8Array | undefined, second: Uint8Array | undefined) => [
    authentic(operation, first),
    authentic(operation, second),
  ];
  return new Map<OperationName, Operation>([
    [
      "open ticket",
      (sessions) => provider.openTickets(sessions.map(openTicketRequest)).map((state) => authentic("open ticket", state)),
    ],
    [
      "derive keys",
      (sessions) => provider.deriveKeys(sessions.map((session) => derivation(session, session.expected.ticketState))),
    ],
    [
      "open request",
      (sessions) => provider.open(sessions.map(openRequest)).map((plaintext) => authentic("open request", plaintext)),
    ],
    ["authenticate", (sessions) => authenticateByPrf(provider, sessions)],
    [
      "child keys",
      (sessions) =>
        provider.prfPlus(sessions.map((session) => ({ prf, ...childExpansion(session, session.expected.keyingMaterial) }))),
    ],
    ["seal ticket", (sessions) => provider.seal(sessions.map(sealTicketRequest))],
    [
      "seal response",
      (sessions) =>
        provider.seal(
          sessions.map((session) =>
            sealResponseRequest(session, session.expected.keyingMaterial, plaintextWithTicket(session))
          ),
        ),
    ],
    [
      "derive keys and open request",
      (sessions) =>
        provider.deriveAndOpen(sessions.map((session) => deriveAndOpenRequest(session, session.expected.ticketState)))
          .flatMap(({ keyingMaterial, plaintext }) => both("open request", keyingMaterial, plaintext)),
    ],
    [
      "authenticate with child keys",
      (sessions) =>
        provider.authenticate(
          sessions.map((session) => {
            const { keyingMaterial, requestPlaintext } = session.expected;
            return authenticateRequest(session, keyingMaterial, requestPlaintext);
          }),
        ).flatMap((done) => both("authenticate", done?.auth, done?.keyingMaterial)),
    ],
    [
      "seal response with ticket",
      (sessions) =>
        provider.sealWithTicket(sessions.map((session) => ({
          ticket: sealTicketRequest(session),
          message: sealResponseRequest(session, session.expected.keyingMaterial, session.response.plaintext),
          ticketOffset: session.ticketOffset,
        }))),
    ],
  ]);
}

/** By the basic operations: both identities, the other end's AUTH, this end's. */
function authenticateByPrf(provider: CryptoProvider, sessions: readonly Session[]): Uint8Array[] {
  const macedIds = provider.prf(sessions.flatMap(({ initiatorId, responderId, expected: { keyingMaterial } }) => [
    { prf, key: skPi(keyingMaterial), data: [initiatorId] },
    { prf, key: skPr(keyingMaterial), data: [responderId] },
  ]));
  const verified = provider.verifyMac(sessions.map((session, index) => ({
    prf,
    key: skPi(session.expected.keyingMaterial),
    data: [session.initiatorMessage, session.responderNonce, macedIds[2 * index]],
    mac: initiatorAuth(session, session.expected.requestPlaintext),
  })));
  if (verified.includes(false)) throw new NotAuthentic("authenticate");
  return provider.prf(sessions.map((session, index) => ({
    prf,
    key: skPr(session.expected.keyingMaterial),
    data: [session.responderMessage, session.initiatorNonce, macedIds[2 * index + 1]],
  })));
}

function openTicketRequest({ ticketKey, ticket }: Session): OpenRequest {
  return {
    protection: TICKET_AES_256_GCM,
    encryptionKey: ticketKey,
    integrityKey: NO_KEY,
    sealed: ticket,
    associatedDataLength: TICKET_CLEAR_LENGTH,
  };
}

function derivation(session: Session, ticketState: Uint8Array | undefined): DeriveKeysRequest {
  const { nonces, spis } = session;
  return {
    prf,
    key: oldSkD(session, authentic("open ticket", ticketState)),
    data: [RESUMPTION_LABEL, nonces],
    seed: [nonces, spis],
    length: KEYING_MATERIAL_LENGTH,
  };
}

function openRequest({ request, expected }: Session): OpenRequest {
  return {
    protection: MESSAGE_PROTECTION,
    encryptionKey: skEi(expected.keyingMaterial),
    integrityKey: NO_KEY,
    sealed: request,
    associatedDataLength: MESSAGE_CLEAR_LENGTH,
  };
}

function deriveAndOpenRequest(session: Session, ticketState: Uint8Array | undefined): DeriveAndOpenRequest {
  return {
    derivation: derivation(session, ticketState),
    protection: MESSAGE_PROTECTION,
    encryptionKeyOffset: SK_EI_OFFSET,
    integrityKeyOffset: 0,
    sealed: session.request,
    associatedDataLength: MESSAGE_CLEAR_LENGTH,
  };
}

function authenticateRequest(session: Session, keyingMaterial: Uint8Array, requestPlaintext: Uint8Array): AuthenticateRequest {
  return {
    prf,
    theirs: {
      key: skPi(keyingMaterial),
      realMessage: session.initiatorMessage,
      peerNonce: session.responderNonce,
      restOfIdPayload: session.initiatorId,
    },
    theirAuth: initiatorAuth(session, requestPlaintext),
    ours: {
      key: skPr(keyingMaterial),
      realMessage: session.responderMessage,
      peerNonce: session.initiatorNonce,
      restOfIdPayload: session.responderId,
    },
    expansion: childExpansion(session, keyingMaterial),
  };
}

function childExpansion({ nonces }: Session, keyingMaterial: Uint8Array) {
  return { key: skD(keyingMaterial), seed: [nonces], length: CHILD_KEYS_LENGTH };
}

function sealTicketRequest({ ticketKey, nextTicket }: Session): SealRequest {
  return {
    protection: TICKET_AES_256_GCM,
    encryptionKey: ticketKey,
    integrityKey: NO_KEY,
    iv: nextTicket.iv,
    associatedData: nextTicket.associatedData,
    plaintext: nextTicket.plaintext,
  };
}

function sealResponseRequest({ response }: Session, keyingMaterial: Uint8Array, plaintext: Uint8Array): SealRequest {
  return {
    protection: MESSAGE_PROTECTION,
    encryptionKey: skEr(keyingMaterial),
    integrityKey: NO_KEY,
    iv: response.iv,
    associatedData: response.associatedData,
    plaintext,
  };
}

/** The basic operation takes the ticket from the plaintext. */
function plaintextWithTicket({ response, ticketOffset, expected }: Session): Uint8Array {
  const plaintext = response.plaintext.slice();
  plaintext.set(expected.nextTicket, ticketOffset);
  return plaintext;
}

function authentic<Value>(operation: OperationName, value: Value | undefined): Value {
  if (value === undefined) throw new NotAuthentic(operation);
  return value;
}
