/**
 * Requests whose parts are told by where they stand, beside those that have views of them. The seed is in the titles; IKE_RESUME_TEST_SEED repeats a run.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { AuthenticateRequest, DeriveAndOpenRequest } from "../../src/crypto/provider.ts";
import { AES_GCM_16, PRF_HMAC_SHA2_256, PRF_HMAC_SHA2_512 } from "../../src/crypto/registry.ts";
import { testEach } from "./providers.ts";
import { type RepeatableRandom, repeatableRandom, runSeed } from "./random.ts";
import { reference } from "./resumption_requests.ts";

const BATCH_LENGTHS = [1, 2, 3, 5, 8, 64];
const PROTECTION = { encryption: AES_GCM_16, keyLength: 32 };
const PRFS = [PRF_HMAC_SHA2_256, PRF_HMAC_SHA2_512];

testEach(`authenticate makes of parts in place what it makes of views, seed ${runSeed}`, (provider) => {
  const random = repeatableRandom(runSeed);
  for (const length of BATCH_LENGTHS) {
    const requests = Array.from({ length }, (_, index) => proof(random, index));
    const expected = reference.authenticate(requests.map(({ inPlace: _, ...views }) => views));
    assert.deepEqual(provider.authenticate(requests), expected);
    assert.ok(length < 8 || expected.some((one) => one === undefined) && expected.some((one) => one !== undefined));
  }
});

testEach(`deriveAndOpen makes of parts in place what it makes of views, seed ${runSeed}`, (provider) => {
  const random = repeatableRandom(runSeed);
  for (const length of BATCH_LENGTHS) {
    const requests = Array.from({ length }, (_, index) => keysAndMessage(random, index));
    const expected = reference.deriveAndOpen(requests.map(({ inPlace: _, ...views }) => views));
    assert.deepEqual(provider.deriveAndOpen(requests), expected);
  }
});

testEach("a length in place that no prf+ has is refused", (provider) => {
  const random = repeatableRandom(runSeed);
  const right = proof(random, 0);
  const request = { ...right, inPlace: { ...right.inPlace!, expansionLength: 255 * 64 + 1 } };
  const views = { ...request, expansion: { ...right.expansion!, length: 255 * 64 + 1 } };
  assert.throws(() => provider.authenticate([views]), RangeError);
  const keys = keysAndMessage(random, 0);
  const [inPlace, derivation] = [{ ...keys.inPlace!, length: 255 * 64 + 1 }, { ...keys.derivation, length: 255 * 64 + 1 }];
  assert.throws(() => provider.deriveAndOpen([{ ...keys, derivation, inPlace }]), RangeError);
});

/** Of every third the AUTH is wrong, of another third it is cut off, and of some there is no Child SA. */
function proof(random: RepeatableRandom, index: number): AuthenticateRequest {
  const prf = PRFS[index % 2];
  const { outputLength } = prf;
  const keyingMaterial = random.octets(random.integer(3, 6) * outputLength + random.integer(0, 40));
  const nonces = random.octets(random.integer(32, 512));
  const initiatorNonceLength = random.integer(16, nonces.length - 16);
  const [theirMessage, ourMessage] = [random.octets(random.integer(80, 500)), random.octets(random.integer(80, 200))];
  const identity = () => ({ idType: random.integer(1, 11), identification: random.octets(random.integer(0, 60)) });
  const [theirId, ourId] = [identity(), identity()];
  const expansionLength = index % 5 === 4 ? 0 : random.integer(1, 144);
  const bodyOf = ({ idType, identification }: typeof ourId) => Uint8Array.of(idType, 0, 0, 0, ...identification);
  const [skPi, skPr] = [keyingMaterial.subarray(-2 * outputLength, -outputLength), keyingMaterial.subarray(-outputLength)];
  const [ni, nr] = [nonces.subarray(0, initiatorNonceLength), nonces.subarray(initiatorNonceLength)];
  const theirs = { key: skPi, realMessage: theirMessage, peerNonce: nr, restOfIdPayload: bodyOf(theirId) };
  // What an end sends is what the other end makes of it: its own AUTH.
  const [made] = reference.authenticate([{ prf, theirs, theirAuth: rightAuth(prf, theirs), ours: theirs }]);
  const authStart = random.integer(0, 50);
  const authLength = index % 3 === 1 ? outputLength - 1 : outputLength;
  const plaintext = random.octets(authStart + outputLength + 10);
  if (index % 3 !== 2) plaintext.set(made!.auth, authStart);
  const authEnd = authStart + authLength;
  return {
    prf,
    theirs,
    theirAuth: plaintext.subarray(authStart, authEnd),
    ours: { key: skPr, realMessage: ourMessage, peerNonce: ni, restOfIdPayload: bodyOf(ourId) },
    expansion: expansionLength === 0
      ? undefined
      : { key: keyingMaterial.subarray(0, outputLength), seed: [nonces], length: expansionLength },
    inPlace: {
      prf,
      keyingMaterial,
      nonces,
      initiatorNonceLength,
      theirMessage,
      ourMessage,
      theirId,
      ourId,
      plaintext,
      authStart,
      authEnd,
      expansionLength,
    },
  };
}

/** prf(key, realMessage | peerNonce | prf(key, restOfIdPayload)). */
function rightAuth(
  prf: AuthenticateRequest["prf"],
  { key, realMessage, peerNonce, restOfIdPayload }: AuthenticateRequest["theirs"],
): Uint8Array {
  const [maced] = reference.prf([{ prf, key, data: [restOfIdPayload] }]);
  return reference.prf([{ prf, key, data: [realMessage, peerNonce, maced] }])[0];
}

/** Every other message opens. */
function keysAndMessage(random: RepeatableRandom, index: number): DeriveAndOpenRequest {
  const prf = PRFS[index % 3 === 0 ? 1 : 0];
  const [key, label, nonces] = [random.octets(prf.outputLength), random.octets(10), random.octets(random.integer(32, 512))];
  const spis = random.octets(16);
  const spisView = new DataView(spis.buffer);
  const length = 3 * prf.outputLength + 72;
  const derivation = { prf, key, data: [label, nonces], seed: [nonces, spis], length };
  const [keyingMaterial] = reference.deriveKeys([derivation]);
  const [sealed] = reference.seal([{
    protection: PROTECTION,
    encryptionKey: keyingMaterial.slice(prf.outputLength, prf.outputLength + 36),
    integrityKey: new Uint8Array(0),
    iv: random.octets(8),
    associatedData: random.octets(32),
    plaintext: random.octets(random.integer(0, 200)),
  }]);
  if (index % 2 === 1) sealed[sealed.length - 1] ^= 1;
  return {
    derivation,
    protection: PROTECTION,
    encryptionKeyOffset: prf.outputLength,
    integrityKeyOffset: prf.outputLength,
    sealed,
    associatedDataLength: 32,
    inPlace: {
      prf,
      key,
      label,
      nonces,
      initiatorSpi: spisView.getBigUint64(0),
      responderSpi: spisView.getBigUint64(8),
      length,
    },
  };
}
