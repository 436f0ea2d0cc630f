/**
 * The operations of the core that each serve one step of a resumption, in several records a member.
 *
 * @module
 */
import { encryptionKeyLength, integrityKeyLength } from "../src/crypto/algorithms.ts";
import { assertAuthenticate, assertDeriveAndOpen, assertSealWithTicket, sealedLength } from "../src/crypto/guards.ts";
import type {
  Authenticated,
  AuthenticateInPlace,
  AuthenticateRequest,
  DeriveAndOpenInPlace,
  DeriveAndOpenRequest,
  DerivedAndOpened,
  SealWithTicketRequest,
  SignedOctets,
} from "../src/crypto/provider.ts";
import type { Arena } from "./arena.ts";
import {
  AUTHENTICATE_RECORDS,
  DERIVE_AND_OPEN_RECORDS,
  SEAL_WITH_TICKET_RECORDS,
  WORD_DATA_OFFSET,
  WORD_IDENTITY_OFFSET,
  WORD_INTEGRITY_KEY_OFFSET,
  WORD_KEY_OFFSET,
  WORD_MAC_OFFSET,
  WORD_SEED_OFFSET,
} from "./generated/layout.ts";
import { isDone, type Operation, outputDone, total } from "./operation.ts";
import { DERIVE_KEYS } from "./basic_operations.ts";
import { writePrf, writePrfFrom } from "./prf_record.ts";
import { plaintextOf, writeSealedMessage, writeSealRecord, writeUnsealed } from "./protection_record.ts";

export const DERIVE_AND_OPEN: Operation<DeriveAndOpenRequest, DerivedAndOpened> = {
  run: "derive_and_open",
  records: DERIVE_AND_OPEN_RECORDS,
  check: assertDeriveAndOpen,
  inputsSize: (request) => {
    const { inPlace } = request;
    if (inPlace === undefined) return DERIVE_KEYS.inputsSize(request.derivation);
    return inPlace.key.length + inPlace.label.length + inPlace.nonces.length + SPIS_LENGTH;
  },
  outputsSize: (request) => (request.inPlace ?? request.derivation).length,
  messagesSize: ({ sealed }) => sealed.length,
  write(request, arena) {
    const { inPlace, protection, encryptionKeyOffset, integrityKeyOffset } = request;
    if (inPlace) writeDerivation(inPlace, arena);
    else DERIVE_KEYS.write(request.derivation, arena);
    arena.nextRecord();
    writeSealedMessage(request, arena);
    arena.placeKey(WORD_KEY_OFFSET, encryptionKeyOffset, encryptionKeyLength(protection));
    arena.placeKey(WORD_INTEGRITY_KEY_OFFSET, integrityKeyOffset, integrityKeyLength(protection));
  },
  read(request, arena, record, outputs) {
    const { length } = request.inPlace ?? request.derivation;
    const keyingMaterial = outputDone("derive_and_open", arena, record, outputs, length);
    const isOpen = isDone(arena, record + 1, "derive_and_open");
    return { keyingMaterial, plaintext: isOpen ? plaintextOf(request, arena, record + 1, outputs) : undefined };
  },
};

/** `undefined`: the other end did not prove itself. */
export const AUTHENTICATE: Operation<AuthenticateRequest, Authenticated | undefined> = {
  run: "authenticate",
  records: AUTHENTICATE_RECORDS,
  check: assertAuthenticate,
  inputsSize: (request) => {
    if (request.inPlace) return proofLength(request.inPlace);
    const { theirs, theirAuth, ours, expansion } = request;
    return signedLength(theirs) + theirAuth.length + signedLength(ours) +
      (expansion ? expansion.key.length + total(expansion.seed) : 0);
  },
  outputsSize: (request) => request.prf.outputLength + expansionLength(request),
  write(request, arena) {
    if (request.inPlace) return writeProof(request.inPlace, arena);
    const { prf, theirs, theirAuth, ours, expansion } = request;
    writePrf(prf, theirs.key, arena, 0);
    writeSigned(theirs, arena);
    arena.putInput(WORD_MAC_OFFSET, theirAuth);
    writePrf(prf, ours.key, arena, 1);
    writeSigned(ours, arena);
    arena.placeOutput(prf.outputLength);
    // Without an expansion the third record asks for no octets, and is refused.
    writePrf(prf, expansion?.key ?? NOTHING, arena, 2);
    arena.putInputs(WORD_SEED_OFFSET, expansion?.seed ?? []);
    arena.placeOutput(expansion?.length ?? 0);
  },
  read(request, arena, record, outputs) {
    if (!isDone(arena, record, "authenticate")) return undefined;
    const length = expansionLength(request);
    return {
      auth: outputDone("authenticate", arena, record + 1, outputs, request.prf.outputLength),
      keyingMaterial: length > 0 ? outputDone("authenticate", arena, record + 2, outputs, length) : new Uint8Array(0),
    };
  },
};

export const SEAL_WITH_TICKET: Operation<SealWithTicketRequest, Uint8Array> = {
  run: "seal_with_ticket",
  records: SEAL_WITH_TICKET_RECORDS,
  check: assertSealWithTicket,
  inputsSize: ({ ticket, message }) =>
    ticket.encryptionKey.length + ticket.integrityKey.length + message.encryptionKey.length + message.integrityKey.length,
  outputsSize: ({ message }) => sealedLength(message),
  write({ ticket, message, ticketOffset }, arena) {
    const ticketStart = message.associatedData.length + message.iv.length + ticketOffset;
    arena.nextRecord();
    writeSealRecord(ticket, arena, 0);
    arena.placeOutput(sealedLength(message));
    arena.placeOutputWithin(ticketStart, sealedLength(ticket));
    writeUnsealed(message, 0, arena);
    writeUnsealed(ticket, ticketStart, arena);
    arena.nextRecord();
    writeSealRecord(message, arena, 1);
    arena.placeOutputWithin(0, sealedLength(message));
  },
  read(request, arena, record, outputs) {
    return outputDone("seal_with_ticket", arena, record + 1, outputs, sealedLength(request.message));
  },
};

const NOTHING = new Uint8Array(0);

/** SPIi | SPIr. */
const SPIS_LENGTH = 16;
/** In front of an identification: type, and what is reserved. */
const TYPE_LENGTH = 4;

function writeDerivation(
  { prf, key, label, nonces, initiatorSpi, responderSpi, length }: DeriveAndOpenInPlace,
  arena: Arena,
): void {
  writePrf(prf, key, arena, 0);
  arena.putLabelled(WORD_DATA_OFFSET, label, nonces, WORD_SEED_OFFSET, initiatorSpi, responderSpi);
  arena.placeOutput(length);
}

function expansionLength(request: AuthenticateRequest): number {
  const { inPlace } = request;
  return inPlace ? inPlace.expansionLength : request.expansion?.length ?? 0;
}

function proofLength(proof: AuthenticateInPlace): number {
  const { prf, nonces, theirMessage, ourMessage, theirId, ourId, authStart, authEnd } = proof;
  const ofExpansion = proof.expansionLength > 0 ? prf.outputLength + nonces.length : 0;
  return 2 * prf.outputLength + nonces.length + theirMessage.length + ourMessage.length +
    2 * TYPE_LENGTH + theirId.identification.length + ourId.identification.length + authEnd - authStart + ofExpansion;
}

function writeProof(proof: AuthenticateInPlace, arena: Arena): void {
  const { prf, keyingMaterial, nonces, initiatorNonceLength, theirId, ourId, expansionLength } = proof;
  const { length } = keyingMaterial;
  writePrfFrom(prf, keyingMaterial, length - 2 * prf.outputLength, arena);
  arena.putInput(WORD_DATA_OFFSET, proof.theirMessage);
  arena.putInputFrom(WORD_SEED_OFFSET, nonces, initiatorNonceLength, nonces.length);
  arena.putTypedInput(WORD_IDENTITY_OFFSET, theirId.idType, theirId.identification);
  arena.putInputFrom(WORD_MAC_OFFSET, proof.plaintext, proof.authStart, proof.authEnd);
  writePrfFrom(prf, keyingMaterial, length - prf.outputLength, arena);
  arena.putInput(WORD_DATA_OFFSET, proof.ourMessage);
  arena.putInputFrom(WORD_SEED_OFFSET, nonces, 0, initiatorNonceLength);
  arena.putTypedInput(WORD_IDENTITY_OFFSET, ourId.idType, ourId.identification);
  arena.placeOutput(prf.outputLength);
  if (expansionLength > 0) writePrfFrom(prf, keyingMaterial, 0, arena);
  else writePrf(prf, NOTHING, arena, 2);
  arena.putInput(WORD_SEED_OFFSET, expansionLength > 0 ? nonces : NOTHING);
  arena.placeOutput(expansionLength);
}

function writeSigned({ realMessage, peerNonce, restOfIdPayload }: SignedOctets, arena: Arena): void {
  arena.putInput(WORD_DATA_OFFSET, realMessage);
  arena.putInput(WORD_SEED_OFFSET, peerNonce);
  arena.putInput(WORD_IDENTITY_OFFSET, restOfIdPayload);
}

function signedLength({ key, realMessage, peerNonce, restOfIdPayload }: SignedOctets): number {
  return key.length + realMessage.length + peerNonce.length + restOfIdPayload.length;
}
