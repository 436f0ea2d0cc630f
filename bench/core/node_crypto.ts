/**
 * node:crypto in its best form, which is another one on each runtime: on one version a key costs least as octets, on another as a
 * KeyObject, and an HMAC of two one-shot hashes can be cheaper than createHmac. All forms are tried, and the fastest is taken.
 *
 * @module
 */
import {
  type CipherGCMTypes,
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hash,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from "node:crypto";
import { NotAuthentic, type OneByOne, type OperationName } from "./implementation.ts";
import { joinNonce, placeTicket } from "./scratch.ts";
import {
  CHILD_KEYS_LENGTH,
  ICV_LENGTH,
  KEY_LENGTH,
  KEYING_MATERIAL_LENGTH,
  MAC_LENGTH,
  MESSAGE_CLEAR_LENGTH,
  MESSAGE_IV_LENGTH,
  type Plain,
  RESUMPTION_LABEL,
  type Session,
  TICKET_CLEAR_LENGTH,
  TICKET_IV_LENGTH,
} from "./session.ts";

const HASH = "sha256";
const CIPHER: CipherGCMTypes = "aes-256-gcm";
const BLOCK_LENGTH = 64;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
const LONGEST_HASHED = 4096;
const NO_OCTETS = new Uint8Array(0);

type Hmac = (key: Uint8Array, parts: readonly Uint8Array[]) => Uint8Array;
type KeyForm = (key: Uint8Array) => Uint8Array | KeyObject;
type DeriveKeys = (session: Session, oldSkD: Uint8Array) => Uint8Array;

/** SKEYSEED and prf+ by HMACs, or by one hkdfSync, which with an HMAC is exactly that (RFC 5869). */
export function createNodeCrypto(derivation: "hmac" | "hkdfSync"): OneByOne {
  const hmac = fastest(HMAC_FORMS, (form) => form(SAMPLE_KEY, [SAMPLE_DATA]));
  const keyForm = fastest(KEY_FORMS, (form) => createCipheriv(CIPHER, form(SAMPLE_KEY), SAMPLE_NONCE).update(SAMPLE_DATA));
  const hkdf = fastest(KEY_FORMS, (form) => hkdfSync(HASH, form(SAMPLE_DATA), SAMPLE_KEY, SAMPLE_DATA, KEYING_MATERIAL_LENGTH));
  return nodeCrypto(
    derivation === "hmac" ? "node" : "node-hkdf",
    hmac.form,
    keyForm.form,
    derivation === "hmac" ? deriveByHmac(hmac.form) : deriveByHkdf(hkdf.form),
    { hmac: hmac.name, "AES key": keyForm.name, ...(derivation === "hmac" ? {} : { "HKDF input": hkdf.name }) },
  );
}

function nodeCrypto(
  name: string,
  hmac: Hmac,
  keyForm: KeyForm,
  deriveKeys: DeriveKeys,
  forms: Readonly<Record<string, string>>,
): OneByOne {
  // One key for all tickets: its KeyObject is made once.
  let lastTicketKey: Uint8Array | undefined;
  let ticketKeyObject: KeyObject | undefined;
  const ticketKeyOf = (key: Uint8Array): KeyObject => {
    if (ticketKeyObject === undefined || key !== lastTicketKey) ticketKeyObject = createSecretKey(key);
    lastTicketKey = key;
    return ticketKeyObject;
  };
  const auth = (key: Uint8Array, realMessage: Uint8Array, peerNonce: Uint8Array, restOfIdPayload: Uint8Array): Uint8Array =>
    hmac(key, [realMessage, peerNonce, hmac(key, [restOfIdPayload])]);
  return {
    name,
    forms,
    openTicket: ({ ticketKey, ticket }) => {
      const iv = ticket.subarray(TICKET_CLEAR_LENGTH, TICKET_CLEAR_LENGTH + TICKET_IV_LENGTH);
      return open("open ticket", ticketKeyOf(ticketKey), iv, ticket, TICKET_CLEAR_LENGTH, TICKET_IV_LENGTH);
    },
    deriveKeys,
    openRequest({ request }, skEi) {
      const nonce = joinNonce(skEi, request.subarray(MESSAGE_CLEAR_LENGTH, MESSAGE_CLEAR_LENGTH + MESSAGE_IV_LENGTH));
      const key = keyForm(skEi.subarray(0, KEY_LENGTH));
      return open("open request", key, nonce, request, MESSAGE_CLEAR_LENGTH, MESSAGE_IV_LENGTH);
    },
    authenticate(session, skPi, skPr, initiatorAuth) {
      const { initiatorMessage, responderMessage, initiatorNonce, responderNonce, initiatorId, responderId } = session;
      const theirs = auth(skPi, initiatorMessage, responderNonce, initiatorId);
      if (!timingSafeEqual(theirs, initiatorAuth)) throw new NotAuthentic("authenticate");
      return auth(skPr, responderMessage, initiatorNonce, responderId);
    },
    childKeys: ({ initiatorNonce, responderNonce }, skD) =>
      prfPlus(hmac, skD, [initiatorNonce, responderNonce], CHILD_KEYS_LENGTH),
    sealTicket: ({ ticketKey, nextTicket }) => seal(ticketKeyOf(ticketKey), nextTicket.iv, nextTicket, nextTicket.plaintext),
    sealResponse(session, skEr, ticket) {
      const key = keyForm(skEr.subarray(0, KEY_LENGTH));
      return seal(key, joinNonce(skEr, session.response.iv), session.response, placeTicket(session, ticket));
    },
  };
}

const innerHashed = new Uint8Array(LONGEST_HASHED);
const outerHashed = new Uint8Array(BLOCK_LENGTH + MAC_LENGTH);
innerHashed.fill(INNER_PAD, 0, BLOCK_LENGTH);
outerHashed.fill(OUTER_PAD, 0, BLOCK_LENGTH);

const HMAC_FORMS: Readonly<Record<string, Hmac>> = {
  "createHmac": (key, parts) => {
    const state = createHmac(HASH, key);
    for (const part of parts) state.update(part);
    return state.digest();
  },
  "createHmac of a KeyObject": (key, parts) => {
    const state = createHmac(HASH, createSecretKey(key));
    for (const part of parts) state.update(part);
    return state.digest();
  },
  // RFC 2104, for keys of 32 octets.
  "two one-shot hashes": (key, parts) => {
    for (let i = 0; i < MAC_LENGTH; i++) {
      innerHashed[i] = key[i] ^ INNER_PAD;
      outerHashed[i] = key[i] ^ OUTER_PAD;
    }
    let length = BLOCK_LENGTH;
    for (const part of parts) {
      innerHashed.set(part, length);
      length += part.length;
    }
    outerHashed.set(hash(HASH, innerHashed.subarray(0, length), "buffer"), BLOCK_LENGTH);
    return hash(HASH, outerHashed, "buffer");
  },
};

const KEY_FORMS: Readonly<Record<string, KeyForm>> = {
  "octets": (key) => key,
  "KeyObject": (key) => createSecretKey(key),
};

const SAMPLE_KEY = new Uint8Array(KEY_LENGTH).fill(1);
const SAMPLE_DATA = new Uint8Array(74).fill(2);
const SAMPLE_NONCE = new Uint8Array(TICKET_IV_LENGTH).fill(3);
const TRIALS = 9;
const TRIAL_CALLS = 300;

/** The form whose fastest trial is fastest, after trials of all in turn. */
function fastest<Form>(
  forms: Readonly<Record<string, Form>>,
  run: (form: Form) => unknown,
): { readonly name: string; readonly form: Form } {
  const candidates = Object.entries(forms).map(([name, form]) => ({ name, form, milliseconds: Infinity }));
  for (let trial = 0; trial < TRIALS; trial++) {
    for (const candidate of candidates) {
      const started = performance.now();
      for (let call = 0; call < TRIAL_CALLS; call++) run(candidate.form);
      candidate.milliseconds = Math.min(candidate.milliseconds, performance.now() - started);
    }
  }
  return candidates.reduce((best, candidate) => candidate.milliseconds < best.milliseconds ? candidate : best);
}

function deriveByHmac(hmac: Hmac): DeriveKeys {
  return ({ initiatorNonce, responderNonce, spis }, oldSkD) => {
    const skeyseed = hmac(oldSkD, [RESUMPTION_LABEL, initiatorNonce, responderNonce]);
    return prfPlus(hmac, skeyseed, [initiatorNonce, responderNonce, spis], KEYING_MATERIAL_LENGTH);
  };
}

function deriveByHkdf(keyForm: KeyForm): DeriveKeys {
  const data = new Uint8Array(LONGEST_HASHED);
  const seed = new Uint8Array(LONGEST_HASHED);
  return ({ initiatorNonce, responderNonce, spis }, oldSkD) => {
    const input = join(data, RESUMPTION_LABEL, initiatorNonce, responderNonce);
    const info = join(seed, initiatorNonce, responderNonce, spis);
    return new Uint8Array(hkdfSync(HASH, keyForm(input), oldSkD, info, KEYING_MATERIAL_LENGTH));
  };
}

function join(scratch: Uint8Array, first: Uint8Array, second: Uint8Array, third: Uint8Array): Uint8Array {
  scratch.set(first);
  scratch.set(second, first.length);
  scratch.set(third, first.length + second.length);
  return scratch.subarray(0, first.length + second.length + third.length);
}

const COUNTERS = Array.from({ length: 256 }, (_, count) => Uint8Array.of(count));

function prfPlus(hmac: Hmac, key: Uint8Array, seed: readonly Uint8Array[], length: number): Uint8Array {
  const output = new Uint8Array(length);
  let block: Uint8Array = NO_OCTETS;
  for (let offset = 0, count = 1; offset < length; offset += MAC_LENGTH, count++) {
    block = hmac(key, [block, ...seed, COUNTERS[count]]);
    output.set(length - offset < MAC_LENGTH ? block.subarray(0, length - offset) : block, offset);
  }
  return output;
}

function seal(
  key: Uint8Array | KeyObject,
  nonce: Uint8Array,
  { associatedData, iv }: Plain,
  plaintext: Uint8Array,
): Uint8Array {
  const bodyOffset = associatedData.length + iv.length;
  const sealed = new Uint8Array(bodyOffset + plaintext.length + ICV_LENGTH);
  sealed.set(associatedData);
  sealed.set(iv, associatedData.length);
  const cipher = createCipheriv(CIPHER, key, nonce);
  cipher.setAAD(associatedData);
  sealed.set(cipher.update(plaintext), bodyOffset);
  cipher.final();
  sealed.set(cipher.getAuthTag(), bodyOffset + plaintext.length);
  return sealed;
}

function open(
  operation: OperationName,
  key: Uint8Array | KeyObject,
  nonce: Uint8Array,
  sealed: Uint8Array,
  clearLength: number,
  ivLength: number,
): Uint8Array {
  const icvOffset = sealed.length - ICV_LENGTH;
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: ICV_LENGTH });
  decipher.setAAD(sealed.subarray(0, clearLength));
  decipher.setAuthTag(sealed.subarray(icvOffset));
  const plaintext = decipher.update(sealed.subarray(clearLength + ivLength, icvOffset));
  try {
    decipher.final();
  } catch {
    throw new NotAuthentic(operation);
  }
  return plaintext;
}
