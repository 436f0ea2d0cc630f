/**
 * Requests for the operations that each serve one step of a resumption, and what is to come of them, by basic operations of the first provider.
 *
 * @module
 */
import { encryptionKeyLength, integrityKeyLength, type PrfAlgorithm, type Protection } from "../../src/crypto/algorithms.ts";
import { sealedLength } from "../../src/crypto/guards.ts";
import type {
  Authenticated,
  AuthenticateRequest,
  CryptoProvider,
  DeriveAndOpenRequest,
  DerivedAndOpened,
  SealWithTicketRequest,
  SignedOctets,
} from "../../src/crypto/provider.ts";
import {
  PRF_ALGORITHMS,
  TICKET_AES_256_CBC_HMAC_SHA2_256_128,
  TICKET_AES_256_GCM,
  TICKET_CHACHA20_POLY1305,
} from "../../src/crypto/registry.ts";
import { protections, randomSealRequest } from "./protections.ts";
import { providers } from "./providers.ts";
import type { RepeatableRandom } from "./random.ts";

const TICKET_PROTECTIONS = [TICKET_AES_256_GCM, TICKET_CHACHA20_POLY1305, TICKET_AES_256_CBC_HMAC_SHA2_256_128];

export const reference: CryptoProvider = providers[0];

export function deriveAndOpenByDefinition(request: DeriveAndOpenRequest): DerivedAndOpened {
  const { derivation, protection, encryptionKeyOffset, integrityKeyOffset, sealed, associatedDataLength } = request;
  const [keyingMaterial] = reference.deriveKeys([derivation]);
  const encryptionKey = keyingMaterial.slice(encryptionKeyOffset, encryptionKeyOffset + encryptionKeyLength(protection));
  const integrityKey = keyingMaterial.slice(integrityKeyOffset, integrityKeyOffset + integrityKeyLength(protection));
  const [plaintext] = reference.open([{ protection, encryptionKey, integrityKey, sealed, associatedDataLength }]);
  return { keyingMaterial, plaintext };
}

export function authenticateByDefinition(
  { prf, theirs, theirAuth, ours, expansion }: AuthenticateRequest,
): Authenticated | undefined {
  if (String(authOf(prf, theirs)) !== String(theirAuth)) return undefined;
  const keyingMaterial = expansion ? reference.prfPlus([{ prf, ...expansion }])[0] : new Uint8Array(0);
  return { auth: authOf(prf, ours), keyingMaterial };
}

export function sealWithTicketByDefinition({ ticket, message, ticketOffset }: SealWithTicketRequest): Uint8Array {
  const plaintext = message.plaintext.slice();
  plaintext.set(reference.seal([ticket])[0], ticketOffset);
  return reference.seal([{ ...message, plaintext }])[0];
}

function authOf(prf: PrfAlgorithm, signed: SignedOctets): Uint8Array {
  const { key, realMessage, peerNonce, restOfIdPayload } = signed;
  const [macedId] = reference.prf([{ prf, key, data: [restOfIdPayload] }]);
  return reference.prf([{ prf, key, data: [realMessage, peerNonce, macedId] }])[0];
}

export function randomDeriveAndOpen(
  random: RepeatableRandom,
  prf: PrfAlgorithm = oneOf(PRF_ALGORITHMS, random),
  protection: Protection = oneOf(protections, random),
): { readonly request: DeriveAndOpenRequest; readonly plaintext: Uint8Array } {
  const encryptionLength = encryptionKeyLength(protection);
  const integrityLength = integrityKeyLength(protection);
  const encryptionKeyOffset = random.integer(0, 200);
  const integrityKeyOffset = encryptionKeyOffset + encryptionLength + random.integer(0, 60);
  const derivation = {
    prf,
    key: random.octets(prf.outputLength),
    data: randomParts(random),
    seed: randomParts(random),
    length: integrityKeyOffset + integrityLength + random.integer(0, 60),
  };
  const [keys] = reference.deriveKeys([derivation]);
  const message = {
    ...randomSealRequest(protection, random, random.integer(0, 600), random.integer(0, 60)),
    encryptionKey: keys.subarray(encryptionKeyOffset, encryptionKeyOffset + encryptionLength),
    integrityKey: keys.subarray(integrityKeyOffset, integrityKeyOffset + integrityLength),
  };
  const [sealed] = reference.seal([message]);
  const associatedDataLength = message.associatedData.length;
  return {
    request: { derivation, protection, encryptionKeyOffset, integrityKeyOffset, sealed, associatedDataLength },
    plaintext: message.plaintext,
  };
}

/** By turns as it is, with a bit changed, cut short, and with other keys. */
export function sometimesDamaged(
  { request }: { readonly request: DeriveAndOpenRequest },
  random: RepeatableRandom,
): DeriveAndOpenRequest {
  const { sealed, derivation } = request;
  switch (random.integer(0, 5)) {
    case 0: {
      const bit = random.integer(0, 8 * sealed.length - 1);
      return { ...request, sealed: sealed.with(bit >> 3, sealed[bit >> 3] ^ 1 << (bit & 7)) };
    }
    case 1:
      return { ...request, sealed: sealed.slice(0, random.integer(0, sealed.length - 1)) };
    case 2:
      return { ...request, derivation: { ...derivation, key: random.octets(derivation.key.length) } };
    default:
      return request;
  }
}

/** Most often with the right AUTH, and most often with an expansion. */
export function randomAuthenticate(
  random: RepeatableRandom,
  prf: PrfAlgorithm = oneOf(PRF_ALGORITHMS, random),
  isGood: boolean = random.integer(0, 3) > 0,
): AuthenticateRequest {
  const signed = (): SignedOctets => ({
    key: random.octets(prf.outputLength),
    realMessage: random.octets(random.integer(0, 900)),
    peerNonce: random.octets(random.integer(16, 256)),
    restOfIdPayload: random.octets(random.integer(4, 200)),
  });
  const theirs = signed();
  const right = authOf(prf, theirs);
  const theirAuth = isGood ? right : random.octets(random.integer(0, 1) === 0 ? right.length : random.integer(0, 80));
  const expansion = { key: random.octets(prf.outputLength), seed: randomParts(random), length: random.integer(1, 300) };
  return { prf, theirs, theirAuth, ours: signed(), ...(random.integer(0, 4) > 0 ? { expansion } : {}) };
}

export function randomSealWithTicket(
  random: RepeatableRandom,
  ticketKey: Uint8Array,
  ticketProtection: Protection = oneOf(TICKET_PROTECTIONS, random),
  protection: Protection = oneOf(protections, random),
): SealWithTicketRequest {
  const ticket = {
    ...randomSealRequest(ticketProtection, random, random.integer(0, 400), random.integer(0, 40)),
    encryptionKey: ticketKey,
  };
  const before = random.integer(0, 200);
  const plaintextLength = before + sealedLength(ticket) + random.integer(0, 100);
  return {
    ticket,
    message: randomSealRequest(protection, random, plaintextLength, random.integer(0, 40)),
    ticketOffset: before,
  };
}

function randomParts(random: RepeatableRandom): Uint8Array[] {
  return Array.from({ length: random.integer(0, 3) }, () => random.octets(random.integer(0, 120)));
}

function oneOf<T>(choices: readonly T[], random: RepeatableRandom): T {
  return choices[random.integer(0, choices.length - 1)];
}
