/**
 * Known answers that the core gives before it is used. They also warm up its code, which the first sessions would pay for otherwise.
 *
 * @module
 */
import type { PrfAlgorithm } from "../src/crypto/algorithms.ts";
import type { CryptoProvider, OpenRequest, SealRequest } from "../src/crypto/provider.ts";
import {
  AES_CBC,
  AES_GCM_16,
  AUTH_HMAC_SHA2_256_128,
  CHACHA20_POLY1305,
  PRF_HMAC_SHA1,
  PRF_HMAC_SHA2_256,
  PRF_HMAC_SHA2_384,
  PRF_HMAC_SHA2_512,
} from "../src/crypto/registry.ts";

const NOTHING = new Uint8Array();

/** RFC 4231, section 4.3, and RFC 2202, section 3, test case 2: the key is "Jefe", the data "what do ya want for nothing?". */
const HMAC_KEY = hex("4a656665");
const HMAC_DATA = hex("7768617420646f2079612077616e7420666f72206e6f7468696e673f");
const HMAC_ANSWERS: readonly (readonly [PrfAlgorithm, Uint8Array])[] = [
  [PRF_HMAC_SHA1, hex("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")],
  [PRF_HMAC_SHA2_256, hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")],
  [
    PRF_HMAC_SHA2_384,
    hex("af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"),
  ],
  [
    PRF_HMAC_SHA2_512,
    hex(
      "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
    ),
  ],
];

interface SealAnswer {
  readonly request: SealRequest;
  /** Of the whole, from the end. */
  readonly ending: Uint8Array;
}

const GCM_IV = hex("facedbaddecaf888");
const GCM_ASSOCIATED = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
const GCM_PLAINTEXT = hex(
  "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
);

const SEAL_ANSWERS: readonly SealAnswer[] = [
  // The GCM specification of McGrew and Viega, appendix B, test cases 4 and 16: the salt is the IV's start, "cafebabe".
  {
    request: {
      protection: { encryption: AES_GCM_16, keyLength: 16 },
      encryptionKey: hex("feffe9928665731c6d6a8f9467308308cafebabe"),
      integrityKey: NOTHING,
      iv: GCM_IV,
      associatedData: GCM_ASSOCIATED,
      plaintext: GCM_PLAINTEXT,
    },
    ending: hex("3d58e0915bc94fbc3221a5db94fae95ae7121a47"),
  },
  {
    request: {
      protection: { encryption: AES_GCM_16, keyLength: 32 },
      encryptionKey: hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308cafebabe"),
      integrityKey: NOTHING,
      iv: GCM_IV,
      associatedData: GCM_ASSOCIATED,
      plaintext: GCM_PLAINTEXT,
    },
    ending: hex("bcc9f66276fc6ece0f4e1768cddf8853bb2d551b"),
  },
  // RFC 7634, appendix B: the SK payload of an IKE message.
  {
    request: {
      protection: { encryption: CHACHA20_POLY1305, keyLength: 32 },
      encryptionKey: hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3"),
      integrityKey: NOTHING,
      iv: hex("1011121314151617"),
      associatedData: hex("c0c1c2c3c4c5c6c7d0d1d2d3d4d5d6d72e202500000000090000004529000029"),
      plaintext: hex("0000000c000040010000000a00"),
    },
    ending: hex("6b71bfe25236efd7cdc67066906315b2"),
  },
  // RFC 3602, section 4, case 1; the ICV is checked by opening.
  {
    request: {
      protection: { encryption: AES_CBC, keyLength: 16, integrity: AUTH_HMAC_SHA2_256_128 },
      encryptionKey: hex("06a9214036b8a15b512e03d534120006"),
      integrityKey: new Uint8Array(AUTH_HMAC_SHA2_256_128.keyLength),
      iv: hex("3dafba429d9eb430b422da802c9fac41"),
      associatedData: NOTHING,
      plaintext: hex("53696e676c6520626c6f636b206d7367"),
    },
    ending: hex("e353779c1079aeb82708942dbe77181a"),
  },
];

/** More than the core takes at once, so that every lane gives the answer, and the member that is left alone. */
const COPIES = 9;

/** @throws Error naming the algorithm whose answer is wrong. */
export function assertKnownAnswers(provider: CryptoProvider): void {
  for (const [prf, answer] of HMAC_ANSWERS) {
    assertPrfAnswers(provider, prf, answer);
    assertAuthentications(provider, prf);
  }
  for (const answer of SEAL_ANSWERS) {
    assertSealAnswer(provider, answer);
    assertDerivedAndOpened(provider, answer);
    assertSealedWithTicket(provider, answer);
  }
}

function assertPrfAnswers(provider: CryptoProvider, prf: PrfAlgorithm, answer: Uint8Array): void {
  const request = { prf, key: HMAC_KEY, data: [HMAC_DATA] };
  for (const code of provider.prf(copiesOf(request))) expectRight(equal(code, answer), prf.name);
  // prf+ by its definition: T1 | T2, each from a prf of its own.
  const [first] = provider.prf([{ prf, key: answer, data: [HMAC_DATA, Uint8Array.of(1)] }]);
  const [second] = provider.prf([{ prf, key: answer, data: [first, HMAC_DATA, Uint8Array.of(2)] }]);
  const stream = Uint8Array.of(...first, ...second);
  const expansion = { prf, key: answer, seed: [HMAC_DATA], length: stream.length };
  for (const output of provider.prfPlus(copiesOf(expansion))) expectRight(equal(output, stream), prf.name);
  const derivation = { ...request, seed: [HMAC_DATA], length: stream.length };
  for (const keys of provider.deriveKeys(copiesOf(derivation))) expectRight(equal(keys, stream), prf.name);
  const verified = provider.verifyMac([...copiesOf({ ...request, mac: answer }), { ...request, mac: first }]);
  verified.forEach((equal, i) => expectRight(equal === i < COPIES, prf.name));
}

/** Against prf and prf+, which have given right answers. */
function assertAuthentications(provider: CryptoProvider, prf: PrfAlgorithm): void {
  const signed = { key: HMAC_KEY, realMessage: HMAC_DATA, peerNonce: GCM_ASSOCIATED, restOfIdPayload: GCM_IV };
  const [macedId] = provider.prf([{ prf, key: HMAC_KEY, data: [GCM_IV] }]);
  const [auth] = provider.prf([{ prf, key: HMAC_KEY, data: [HMAC_DATA, GCM_ASSOCIATED, macedId] }]);
  const expansion = { key: HMAC_KEY, seed: [HMAC_DATA], length: 3 * prf.outputLength };
  const [keyingMaterial] = provider.prfPlus([{ prf, ...expansion }]);
  const right = { prf, theirs: signed, theirAuth: auth, ours: signed, expansion };
  const answers = provider.authenticate([...copiesOf(right), { ...right, theirAuth: macedId }]);
  answers.forEach((answer, i) => {
    const isRight = answer !== undefined && equal(answer.auth, auth) && equal(answer.keyingMaterial, keyingMaterial);
    expectRight(i < COPIES ? isRight : answer === undefined, prf.name);
  });
}

function assertSealAnswer(provider: CryptoProvider, { request, ending }: SealAnswer): void {
  const { protection, encryptionKey, integrityKey, associatedData, plaintext } = request;
  const whole = provider.seal(copiesOf(request));
  // Without an ICV of its own, the answer is the ciphertext, before that of the integrity algorithm.
  const end = whole[0].length - (protection.integrity?.icvLength ?? 0);
  for (const sealed of whole) {
    expectRight(equal(sealed.subarray(end - ending.length, end), ending), protection.encryption.name);
  }
  const [sealed] = whole;
  const opening: OpenRequest = { protection, encryptionKey, integrityKey, sealed, associatedDataLength: associatedData.length };
  const opened = provider.open([...copiesOf(opening), { ...opening, sealed: forged(sealed) }]);
  expectOpened(opened, plaintext, protection.encryption.name);
}

/** Against key derivation and seal, which have given right answers. */
function assertDerivedAndOpened(provider: CryptoProvider, { request: { protection, ...request } }: SealAnswer): void {
  const keyLength = request.encryptionKey.length;
  const length = keyLength + request.integrityKey.length;
  const derivation = { prf: PRF_HMAC_SHA2_256, key: HMAC_KEY, data: [HMAC_DATA], seed: [HMAC_DATA], length };
  const [keys] = provider.deriveKeys([derivation]);
  const derived = { encryptionKey: keys.subarray(0, keyLength), integrityKey: keys.subarray(keyLength) };
  const [sealed] = provider.seal([{ ...request, ...derived, protection }]);
  const associatedDataLength = request.associatedData.length;
  const opening = {
    derivation,
    protection,
    encryptionKeyOffset: 0,
    integrityKeyOffset: keyLength,
    sealed,
    associatedDataLength,
  };
  const answers = provider.deriveAndOpen([...copiesOf(opening), { ...opening, sealed: forged(sealed) }]);
  for (const { keyingMaterial } of answers) expectRight(equal(keyingMaterial, keys), protection.encryption.name);
  expectOpened(answers.map(({ plaintext }) => plaintext), request.plaintext, protection.encryption.name);
}

/** Against seal, which has given right answers; the message carries one sealed like itself. */
function assertSealedWithTicket(provider: CryptoProvider, { request }: SealAnswer): void {
  const [ticket] = provider.seal([request]);
  const filling = request.protection.encryption.blockLength;
  const before = new Uint8Array(filling);
  const carrying = {
    ...request,
    plaintext: Uint8Array.of(...before, ...ticket, ...new Uint8Array(-ticket.length & (filling - 1))),
  };
  const [expected] = provider.seal([carrying]);
  const blank = { ...carrying, plaintext: new Uint8Array(carrying.plaintext.length) };
  for (const sealed of provider.sealWithTicket(copiesOf({ ticket: request, message: blank, ticketOffset: before.length }))) {
    expectRight(equal(sealed, expected), request.protection.encryption.name);
  }
}

function expectOpened(opened: readonly (Uint8Array | undefined)[], plaintext: Uint8Array, algorithm: string): void {
  opened.forEach((answer, i) =>
    expectRight(i < COPIES ? answer !== undefined && equal(answer, plaintext) : answer === undefined, algorithm)
  );
}

function copiesOf<T>(request: T): T[] {
  return Array.from({ length: COPIES }, () => request);
}

function forged(sealed: Uint8Array): Uint8Array {
  const whole = sealed.slice();
  whole[whole.length - 1] ^= 1;
  return whole;
}

function expectRight(right: boolean, algorithm: string): void {
  if (!right) throw new Error(`the WebAssembly core gives a wrong answer for ${algorithm}`);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, i) => octet === b[i]);
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (octet) => parseInt(octet, 16));
}
