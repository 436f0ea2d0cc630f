/**
 * WebCrypto, with up to 64 sessions in flight. Keys have to be imported, each by a promise; SKEYSEED and prf+ are one HKDF, which with
 * an HMAC is exactly that (RFC 5869).
 *
 * @module
 */
import { type Implementation, NotAuthentic, type Operation, type OperationName } from "./implementation.ts";
import {
  CHILD_KEYS_LENGTH,
  initiatorAuth,
  KEY_LENGTH,
  KEYING_MATERIAL_LENGTH,
  MAC_LENGTH,
  MESSAGE_CLEAR_LENGTH,
  MESSAGE_IV_LENGTH,
  oldSkD,
  type Outcome,
  type Plain,
  RESUMPTION_LABEL,
  SALT_LENGTH,
  type Session,
  skD,
  skEi,
  skEr,
  skPi,
  skPr,
  TICKET_CLEAR_LENGTH,
  TICKET_IV_LENGTH,
} from "./session.ts";

const IN_FLIGHT = 64;
const BITS = 8;
const HMAC = { name: "HMAC", hash: "SHA-256" };
const { subtle } = crypto;

type Octets = Uint8Array<ArrayBuffer>;

export function createWebCrypto(): Implementation {
  return {
    name: "webcrypto",
    resume: (sessions) => inFlight(sessions, resume),
    operations: new Map<OperationName, Operation>([
      ["open ticket", each(openTicket)],
      ["derive keys", each((session) => deriveKeys(session, oldSkD(session, session.expected.ticketState)))],
      ["open request", each((session) => openRequest(session, session.expected.keyingMaterial))],
      [
        "authenticate",
        each((session) => authenticate(session, session.expected.keyingMaterial, session.expected.requestPlaintext)),
      ],
      ["child keys", each((session) => childKeys(session, session.expected.keyingMaterial))],
      ["seal ticket", each(sealTicket)],
      [
        "seal response",
        each((session) => sealResponse(session, session.expected.keyingMaterial, session.expected.nextTicket)),
      ],
    ]),
  };
}

async function resume(session: Session): Promise<Outcome> {
  const ticketState = await openTicket(session);
  const keyingMaterial = await deriveKeys(session, oldSkD(session, ticketState));
  const requestPlaintext = await openRequest(session, keyingMaterial);
  const auth = await authenticate(session, keyingMaterial, requestPlaintext);
  // What does not need each other goes side by side.
  const [keys, ticket] = await Promise.all([childKeys(session, keyingMaterial), sealTicket(session)]);
  const response = await sealResponse(session, keyingMaterial, ticket);
  return { ticketState, keyingMaterial, requestPlaintext, auth, childKeys: keys, response };
}

function each(run: (session: Session) => Promise<Uint8Array>): Operation {
  return (sessions) => inFlight(sessions, run);
}

/** In the order of the sessions, never more than 64 at a time. */
async function inFlight<Result>(
  sessions: readonly Session[],
  run: (session: Session) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(sessions.length);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < sessions.length) {
      const index = next++;
      results[index] = await run(sessions[index]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, sessions.length) }, lane));
  return results;
}

/** One key for all tickets: imported once. */
let ticketKeyOctets: Uint8Array | undefined;
let ticketKey: Promise<CryptoKey> | undefined;

function importTicketKey({ ticketKey: octets }: Session): Promise<CryptoKey> {
  if (ticketKey === undefined || octets !== ticketKeyOctets) ticketKey = importAesKey(octets);
  ticketKeyOctets = octets;
  return ticketKey;
}

async function openTicket(session: Session): Promise<Uint8Array> {
  const { ticket } = session;
  const bodyOffset = TICKET_CLEAR_LENGTH + TICKET_IV_LENGTH;
  const key = await importTicketKey(session);
  return await open(
    "open ticket",
    key,
    ticket.subarray(TICKET_CLEAR_LENGTH, bodyOffset),
    ticket,
    TICKET_CLEAR_LENGTH,
    bodyOffset,
  );
}

async function deriveKeys(session: Session, oldSkD: Uint8Array): Promise<Uint8Array> {
  const { initiatorNonce, responderNonce, spis } = session;
  const input = joined(RESUMPTION_LABEL, initiatorNonce, responderNonce);
  const key = await subtle.importKey("raw", input, "HKDF", false, ["deriveBits"]);
  const parameters = {
    name: "HKDF",
    hash: "SHA-256",
    salt: oldSkD as Octets,
    info: joined(initiatorNonce, responderNonce, spis),
  };
  return new Uint8Array(await subtle.deriveBits(parameters, key, KEYING_MATERIAL_LENGTH * BITS));
}

async function openRequest({ request }: Session, keyingMaterial: Uint8Array): Promise<Uint8Array> {
  const key = await importAesKey(skEi(keyingMaterial).subarray(0, KEY_LENGTH));
  const bodyOffset = MESSAGE_CLEAR_LENGTH + MESSAGE_IV_LENGTH;
  const nonce = nonceOf(skEi(keyingMaterial), request.subarray(MESSAGE_CLEAR_LENGTH, bodyOffset));
  return await open("open request", key, nonce, request, MESSAGE_CLEAR_LENGTH, bodyOffset);
}

async function authenticate(session: Session, keyingMaterial: Uint8Array, requestPlaintext: Uint8Array): Promise<Uint8Array> {
  const { initiatorMessage, responderMessage, initiatorNonce, responderNonce, initiatorId, responderId } = session;
  const theirs = async (): Promise<boolean> => {
    const key = await importHmacKey(skPi(keyingMaterial), ["sign", "verify"]);
    const macedId = await sign(key, initiatorId);
    const content = joined(initiatorMessage, responderNonce, macedId);
    return await subtle.verify("HMAC", key, initiatorAuth(session, requestPlaintext) as Octets, content);
  };
  const ours = async (): Promise<Uint8Array> => {
    const key = await importHmacKey(skPr(keyingMaterial), ["sign"]);
    return await sign(key, joined(responderMessage, initiatorNonce, await sign(key, responderId)));
  };
  const [proven, auth] = await Promise.all([theirs(), ours()]);
  if (!proven) throw new NotAuthentic("authenticate");
  return auth;
}

async function childKeys({ initiatorNonce, responderNonce }: Session, keyingMaterial: Uint8Array): Promise<Uint8Array> {
  const key = await importHmacKey(skD(keyingMaterial), ["sign"]);
  const output = new Uint8Array(CHILD_KEYS_LENGTH);
  let block: Uint8Array = new Uint8Array(0);
  for (let offset = 0, count = 1; offset < CHILD_KEYS_LENGTH; offset += MAC_LENGTH, count++) {
    block = await sign(key, joined(block, initiatorNonce, responderNonce, Uint8Array.of(count)));
    output.set(block.subarray(0, CHILD_KEYS_LENGTH - offset), offset);
  }
  return output;
}

async function sealTicket(session: Session): Promise<Uint8Array> {
  const { nextTicket } = session;
  return await seal(await importTicketKey(session), nextTicket.iv, nextTicket, nextTicket.plaintext);
}

async function sealResponse(session: Session, keyingMaterial: Uint8Array, ticket: Uint8Array): Promise<Uint8Array> {
  const { response, ticketOffset } = session;
  const plaintext = response.plaintext.slice();
  plaintext.set(ticket, ticketOffset);
  const key = await importAesKey(skEr(keyingMaterial).subarray(0, KEY_LENGTH));
  return await seal(key, nonceOf(skEr(keyingMaterial), response.iv), response, plaintext);
}

function importAesKey(key: Uint8Array): Promise<CryptoKey> {
  return subtle.importKey("raw", key as Octets, "AES-GCM", false, ["encrypt", "decrypt"]);
}

function importHmacKey(key: Uint8Array, usages: ("sign" | "verify")[]): Promise<CryptoKey> {
  return subtle.importKey("raw", key as Octets, HMAC, false, usages);
}

async function sign(key: CryptoKey, content: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await subtle.sign("HMAC", key, content as Octets));
}

async function seal(
  key: CryptoKey,
  nonce: Uint8Array,
  { associatedData, iv }: Plain,
  plaintext: Uint8Array,
): Promise<Uint8Array> {
  const parameters = { name: "AES-GCM", iv: nonce as Octets, additionalData: associatedData as Octets };
  const body = new Uint8Array(await subtle.encrypt(parameters, key, plaintext as Octets));
  return joined(associatedData, iv, body);
}

async function open(
  operation: OperationName,
  key: CryptoKey,
  nonce: Uint8Array,
  sealed: Uint8Array,
  clearLength: number,
  bodyOffset: number,
): Promise<Uint8Array> {
  const parameters = { name: "AES-GCM", iv: nonce as Octets, additionalData: sealed.subarray(0, clearLength) as Octets };
  try {
    return new Uint8Array(await subtle.decrypt(parameters, key, sealed.subarray(bodyOffset) as Octets));
  } catch {
    throw new NotAuthentic(operation);
  }
}

function nonceOf(key: Uint8Array, iv: Uint8Array): Octets {
  return joined(key.subarray(KEY_LENGTH, KEY_LENGTH + SALT_LENGTH), iv);
}

function joined(...parts: readonly Uint8Array[]): Octets {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
