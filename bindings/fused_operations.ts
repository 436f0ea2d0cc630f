/**
 * The operations of the core that each serve one step of a resumption, in several records a member.
 *
 * @module
 */
import { encryptionKeyLength, integrityKeyLength } from "../src/crypto/algorithms.ts";
import { assertAuthenticate, assertDeriveAndOpen, assertSealWithTicket, sealedLength } from "../src/crypto/guards.ts";
import type {
  Authenticated,
  AuthenticateRequest,
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
import { writePrf } from "./prf_record.ts";
import { plaintextOf, writeSealedMessage, writeSealRecord, writeUnsealed } from "./protection_record.ts";

export const DERIVE_AND_OPEN: Operation<DeriveAndOpenRequest, DerivedAndOpened> = {
  run: "derive_and_open",
  records: DERIVE_AND_OPEN_RECORDS,
  check: assertDeriveAndOpen,
  inputsSize: ({ derivation }) => DERIVE_KEYS.inputsSize(derivation),
  outputsSize: ({ derivation }) => derivation.length,
  messagesSize: ({ sealed }) => sealed.length,
  write(request, arena) {
    const { derivation, protection, encryptionKeyOffset, integrityKeyOffset } = request;
    DERIVE_KEYS.write(derivation, arena);
    arena.nextRecord();
    writeSealedMessage(request, arena);
    arena.placeKey(WORD_KEY_OFFSET, encryptionKeyOffset, encryptionKeyLength(protection));
    arena.placeKey(WORD_INTEGRITY_KEY_OFFSET, integrityKeyOffset, integrityKeyLength(protection));
  },
  read(request, arena, record, outputs) {
    const keyingMaterial = DERIVE_KEYS.read(request.derivation, arena, record, outputs);
    const isOpen = isDone(arena, record + 1, "derive_and_open");
    return { keyingMaterial, plaintext: isOpen ? plaintextOf(request, arena, record + 1, outputs) : undefined };
  },
};

/** `undefined`: the other end did not prove itself. */
export const AUTHENTICATE: Operation<AuthenticateRequest, Authenticated | undefined> = {
  run: "authenticate",
  records: AUTHENTICATE_RECORDS,
  check: assertAuthenticate,
  inputsSize: ({ theirs, theirAuth, ours, expansion }) =>
    signedLength(theirs) + theirAuth.length + signedLength(ours) +
    (expansion ? expansion.key.length + total(expansion.seed) : 0),
  outputsSize: ({ prf, expansion }) => prf.outputLength + (expansion?.length ?? 0),
  write({ prf, theirs, theirAuth, ours, expansion }, arena) {
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
  read({ prf, expansion }, arena, record, outputs) {
    if (!isDone(arena, record, "authenticate")) return undefined;
    return {
      auth: outputDone("authenticate", arena, record + 1, outputs, prf.outputLength),
      keyingMaterial: expansion ? outputDone("authenticate", arena, record + 2, outputs, expansion.length) : new Uint8Array(0),
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

function writeSigned({ realMessage, peerNonce, restOfIdPayload }: SignedOctets, arena: Arena): void {
  arena.putInput(WORD_DATA_OFFSET, realMessage);
  arena.putInput(WORD_SEED_OFFSET, peerNonce);
  arena.putInput(WORD_IDENTITY_OFFSET, restOfIdPayload);
}

function signedLength({ key, realMessage, peerNonce, restOfIdPayload }: SignedOctets): number {
  return key.length + realMessage.length + peerNonce.length + restOfIdPayload.length;
}
