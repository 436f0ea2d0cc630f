/**
 * The basic operations of the core.
 *
 * @module
 */
import { assertOpenable, assertPrfPlusLength, assertSealable, sealedLength } from "../src/crypto/guards.ts";
import type {
  DeriveKeysRequest,
  OpenRequest,
  PrfPlusRequest,
  PrfRequest,
  SealRequest,
  VerifyMacRequest,
} from "../src/crypto/provider.ts";
import {
  WORD_DATA_OFFSET,
  WORD_INTEGRITY_KEY_OFFSET,
  WORD_KEY_OFFSET,
  WORD_MAC_OFFSET,
  WORD_SEED_OFFSET,
} from "./generated/layout.ts";
import { isDone, type Operation, outputDone, total } from "./operation.ts";
import { writePrf } from "./prf_record.ts";
import { plaintextOf, writeSealedMessage, writeSealRecord, writeUnsealed } from "./protection_record.ts";

export const PRF: Operation<PrfRequest, Uint8Array> = {
  run: "prf",
  records: 1,
  check: () => {},
  inputsSize: ({ key, data }) => key.length + total(data),
  outputsSize: ({ prf }) => prf.outputLength,
  write({ prf, key, data }, arena) {
    writePrf(prf, key, arena, 0);
    arena.putInputs(WORD_DATA_OFFSET, data);
    arena.placeOutput(prf.outputLength);
  },
  read: ({ prf }, arena, record, outputs) => outputDone("prf", arena, record, outputs, prf.outputLength),
};

export const PRF_PLUS: Operation<PrfPlusRequest, Uint8Array> = {
  run: "prf_plus",
  records: 1,
  check: ({ prf, length }) => assertPrfPlusLength(prf, length),
  inputsSize: ({ key, seed }) => key.length + total(seed),
  outputsSize: ({ length }) => length,
  write({ prf, key, seed, length }, arena) {
    writePrf(prf, key, arena, 0);
    arena.putInputs(WORD_SEED_OFFSET, seed);
    arena.placeOutput(length);
  },
  read: ({ length }, arena, record, outputs) => outputDone("prf_plus", arena, record, outputs, length),
};

export const DERIVE_KEYS: Operation<DeriveKeysRequest, Uint8Array> = {
  run: "derive_keys",
  records: 1,
  check: ({ prf, length }) => assertPrfPlusLength(prf, length),
  inputsSize: ({ key, data, seed }) => key.length + total(data) + total(seed),
  outputsSize: ({ length }) => length,
  write({ prf, key, data, seed, length }, arena) {
    writePrf(prf, key, arena, 0);
    // Ni | Nr ends the data that SKEYSEED is made of, and begins the seed of the keys.
    arena.putOverlappingInputs(WORD_DATA_OFFSET, data, WORD_SEED_OFFSET, seed);
    arena.placeOutput(length);
  },
  read: ({ length }, arena, record, outputs) => outputDone("derive_keys", arena, record, outputs, length),
};

export const VERIFY_MAC: Operation<VerifyMacRequest, boolean> = {
  run: "verify_mac",
  records: 1,
  check: () => {},
  inputsSize: ({ key, data, mac }) => key.length + total(data) + mac.length,
  outputsSize: () => 0,
  write({ prf, key, data, mac }, arena) {
    writePrf(prf, key, arena, 0);
    arena.putInputs(WORD_DATA_OFFSET, data);
    arena.putInput(WORD_MAC_OFFSET, mac);
  },
  read: (_request, arena, record) => isDone(arena, record, "verify_mac"),
};

export const SEAL: Operation<SealRequest, Uint8Array> = {
  run: "seal",
  records: 1,
  check: assertSealable,
  inputsSize: ({ encryptionKey, integrityKey }) => encryptionKey.length + integrityKey.length,
  outputsSize: sealedLength,
  write(request, arena) {
    arena.nextRecord();
    writeSealRecord(request, arena, 0);
    arena.placeOutput(sealedLength(request));
    writeUnsealed(request, 0, arena);
  },
  read: (request, arena, record, outputs) => outputDone("seal", arena, record, outputs, sealedLength(request)),
};

/** `undefined`: not authentic. */
export const OPEN: Operation<OpenRequest, Uint8Array | undefined> = {
  run: "open",
  records: 1,
  check: assertOpenable,
  inputsSize: ({ encryptionKey, integrityKey }) => encryptionKey.length + integrityKey.length,
  outputsSize: () => 0,
  messagesSize: ({ sealed }) => sealed.length,
  write(request, arena) {
    arena.nextRecord();
    writeSealedMessage(request, arena);
    arena.putKey(WORD_KEY_OFFSET, request.encryptionKey, 0);
    arena.putInput(WORD_INTEGRITY_KEY_OFFSET, request.integrityKey);
  },
  read: (request, arena, record, outputs) =>
    isDone(arena, record, "open") ? plaintextOf(request, arena, record, outputs) : undefined,
};
