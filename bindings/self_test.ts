/**
 * Known answers that the core gives before it is used. They also warm up its code, which the first sessions would pay for
 * otherwise.
 *
 * @module
 */
import type { PrfAlgorithm } from "../src/crypto/algorithms.ts";
import type { CryptoProvider, OpenRequest, SealRequest, SignedOctets } from "../src/crypto/provider.ts";
import {
  AES_CBC,
  AES_GCM_16,
  AUTH_HMAC_SHA2_256_128,
  CHACHA20_POLY1305,
  PRF_HMAC_SHA1,
  PRF_HMAC_SHA2_256,
  PRF_HMAC_SHA2_384,
  PRF_HMAC_SHA2_512,
  TICKET_AES_256_GCM,
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
  /** The end of the sealed message, a separate MAC left out. */
  readonly ending: Uint8Array;
}

const GCM_IV = hex("facedbaddecaf888");
const GCM_ASSOCIATED = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
const GCM_PLAINTEXT = hex(
  "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
);

const SEAL_ANSWERS: readonly SealAnswer[] = [
  // The GCM specification of McGrew and Viega, appendix B, test cases 4, 10 and 16: the salt is the IV's start, "cafebabe".
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
      protection: { encryption: AES_GCM_16, keyLength: 24 },
      encryptionKey: hex("feffe9928665731c6d6a8f9467308308feffe9928665731ccafebabe"),
      integrityKey: NOTHING,
      iv: GCM_IV,
      associatedData: GCM_ASSOCIATED,
      plaintext: GCM_PLAINTEXT,
    },
    ending: hex("ccda27102519498e80f1478f37ba55bd6d27618c"),
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
  // The ticket's form: no salt, and an IV of 12 octets, which is the same nonce.
  {
    request: {
      protection: TICKET_AES_256_GCM,
      encryptionKey: hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
      integrityKey: NOTHING,
      iv: hex("cafebabefacedbaddecaf888"),
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

/** More than the core takes at once: every lane, and the member that is left alone. */
const MEMBERS = 9;
/** Of what every build takes one by one: one with neighbours at both sides. Each start of a program waits for these answers. */
const MEMBERS_ONE_BY_ONE = 3;
const ONE_BY_ONE: ReadonlySet<object> = new Set([
  PRF_HMAC_SHA1,
  PRF_HMAC_SHA2_384,
  PRF_HMAC_SHA2_512,
  CHACHA20_POLY1305,
  AES_CBC,
]);
/** Octets of the longest message, as IKE_AUTH gets; the shortest is empty, and the others are between at equal distances. */
const LONGEST = 424;
/** By how many octets the octets of a number begin behind those of the number before it. */
const PATTERN_STEP = 37;
const PATTERN = pattern();

/**
 * Published answers, each to a request that is alone; then batches whose members all differ, against the same requests one by
 * one: another lane's result, or a neighbour's key, is a wrong answer.
 *
 * @throws Error naming the algorithm whose answer is wrong.
 */
export function assertKnownAnswers(provider: CryptoProvider): void {
  for (const [prf, answer] of HMAC_ANSWERS) {
    assertPrfAnswers(provider, prf, answer);
    assertPrfBatches(provider, prf);
  }
  for (const answer of SEAL_ANSWERS) {
    assertSealAnswer(provider, answer);
    assertSealBatches(provider, answer.request);
  }
}

function assertPrfAnswers(provider: CryptoProvider, prf: PrfAlgorithm, answer: Uint8Array): void {
  const request = { prf, key: HMAC_KEY, data: [HMAC_DATA] };
  const [code] = provider.prf([request]);
  expectRight(equal(code, answer), prf.name);
  // prf+ by its definition: T1 | T2, each from a prf of its own.
  const [first] = provider.prf([{ prf, key: answer, data: [HMAC_DATA, Uint8Array.of(1)] }]);
  const [second] = provider.prf([{ prf, key: answer, data: [first, HMAC_DATA, Uint8Array.of(2)] }]);
  const stream = Uint8Array.of(...first, ...second);
  const [output] = provider.prfPlus([{ prf, key: answer, seed: [HMAC_DATA], length: stream.length }]);
  const [keys] = provider.deriveKeys([{ ...request, seed: [HMAC_DATA], length: stream.length }]);
  expectRight(equal(output, stream) && equal(keys, stream), prf.name);
  const [right, wrong] = [answer, first].map((mac) => provider.verifyMac([{ ...request, mac }])[0]);
  expectRight(right && !wrong, prf.name);
}

function assertPrfBatches(provider: CryptoProvider, prf: PrfAlgorithm): void {
  const count = membersOf(prf);
  const last = count - 1;
  const requests = members(count, (i) => ({
    prf,
    key: octets(i, prf.outputLength),
    data: [octets(i + 1, i * LONGEST / last)],
    seed: [octets(i + 2, 64 + i)],
    length: (1 + i % 3) * prf.outputLength,
  }));
  const codes = alone(requests, (request) => provider.prf(request));
  expectEqual(provider.prf(requests), codes, prf.name);
  expectEqual(provider.prfPlus(requests), alone(requests, (request) => provider.prfPlus(request)), prf.name);
  expectEqual(provider.deriveKeys(requests), alone(requests, (request) => provider.deriveKeys(request)), prf.name);
  // The last member is given its neighbour's MAC.
  const verified = provider.verifyMac(requests.map((request, i) => ({ ...request, mac: codes[Math.min(i, last - 1)] })));
  verified.forEach((equal, i) => expectRight(equal === i < last, prf.name));

  const ends = members(count, (i) => signedBy(octets(i, prf.outputLength), i, i * LONGEST / last));
  const auths = alone(ends, ([signed]) => {
    const { key, realMessage, peerNonce, restOfIdPayload } = signed;
    const [macedId] = provider.prf([{ prf, key, data: [restOfIdPayload] }]);
    return provider.prf([{ prf, key, data: [realMessage, peerNonce, macedId] }]);
  });
  const answers = provider.authenticate(ends.map((theirs, i) => ({
    prf,
    theirs,
    theirAuth: auths[Math.min(i, last - 1)],
    ours: ends[last - i],
    expansion: requests[i],
  })));
  const expanded = provider.prfPlus(requests);
  answers.forEach((answer, i) => {
    if (i === last) return expectRight(answer === undefined, prf.name);
    expectRight(answer !== undefined, prf.name);
    expectEqual([answer.auth, answer.keyingMaterial], [auths[last - i], expanded[i]], prf.name);
  });
}

function assertSealAnswer(provider: CryptoProvider, { request, ending }: SealAnswer): void {
  const [sealed] = provider.seal([request]);
  // Without an ICV of its own, the answer is the ciphertext, before that of the integrity algorithm.
  const end = sealed.length - (request.protection.integrity?.icvLength ?? 0);
  expectRight(equal(sealed.subarray(end - ending.length, end), ending), request.protection.encryption.name);
  expectOpened(provider.open([opening(request, sealed)]), [request.plaintext], request.protection.encryption.name);
}

function assertSealBatches(provider: CryptoProvider, example: SealRequest): void {
  const { protection } = example;
  const { name, blockLength } = protection.encryption;
  const count = membersOf(protection.encryption);
  const last = count - 1;
  const requests = members(count, (i) => ({
    protection,
    encryptionKey: octets(i, example.encryptionKey.length),
    integrityKey: octets(i + 1, example.integrityKey.length),
    iv: octets(i + 2, example.iv.length),
    associatedData: octets(i + 3, 28 + i),
    plaintext: octets(i + 4, blockLength * Math.ceil(i * LONGEST / last / blockLength)),
  }));
  const plaintexts = requests.map(({ plaintext }) => plaintext);
  const sealed = alone(requests, (request) => provider.seal(request));
  expectEqual(provider.seal(requests), sealed, name);
  const openings = requests.map((request, i) => opening(request, i === last ? forged(sealed[i]) : sealed[i]));
  expectOpened(provider.open(openings), plaintexts.slice(0, -1), name);
  // Tickets: many messages under one key.
  const tickets = requests.map((request) => ({ ...request, encryptionKey: requests[0].encryptionKey }));
  const sealedTickets = alone(tickets, (ticket) => provider.seal(ticket));
  expectEqual(provider.seal(tickets), sealedTickets, name);
  expectOpened(provider.openTickets(tickets.map((ticket, i) => opening(ticket, sealedTickets[i]))), plaintexts, name);

  const derivations = members(count, (i) => {
    const length = example.encryptionKey.length + example.integrityKey.length;
    return { prf: PRF_HMAC_SHA2_256, key: octets(i, 32), data: [octets(i + 1, 74)], seed: [octets(i + 2, 80)], length };
  });
  const keys = provider.deriveKeys(derivations);
  const integrityKeyOffset = example.encryptionKey.length;
  const underDerived = requests.map((request, i) => ({
    ...request,
    encryptionKey: keys[i].subarray(0, integrityKeyOffset),
    integrityKey: keys[i].subarray(integrityKeyOffset),
  }));
  const firsts = provider.seal(underDerived);
  const answers = provider.deriveAndOpen(underDerived.map(({ associatedData }, i) => ({
    derivation: derivations[i],
    protection,
    encryptionKeyOffset: 0,
    integrityKeyOffset,
    sealed: i === last ? forged(firsts[i]) : firsts[i],
    associatedDataLength: associatedData.length,
  })));
  expectEqual(answers.map(({ keyingMaterial }) => keyingMaterial), keys, name);
  expectOpened(answers.map(({ plaintext }) => plaintext), plaintexts.slice(0, -1), name);

  const carrying = requests.map((request, i) => {
    const before = blockLength;
    const behind = blockLength - sealedTickets[i].length % blockLength;
    const plaintext = new Uint8Array(before + sealedTickets[i].length + behind);
    plaintext.set(sealedTickets[i], before);
    return { ticket: tickets[i], ticketOffset: before, message: { ...request, plaintext } };
  });
  const carried = provider.seal(carrying.map(({ message }) => message));
  const blank = carrying.map((request) => {
    const plaintext = new Uint8Array(request.message.plaintext.length);
    return { ...request, message: { ...request.message, plaintext } };
  });
  expectEqual(provider.sealWithTicket(blank), carried, name);
}

function signedBy(key: Uint8Array, i: number, length: number): SignedOctets {
  return {
    key,
    realMessage: octets(i + 1, 70 + length),
    peerNonce: octets(i + 2, 32),
    restOfIdPayload: octets(i + 3, 5 + 7 * i),
  };
}

function opening({ associatedData, ...request }: SealRequest, sealed: Uint8Array): OpenRequest {
  return { ...request, sealed, associatedDataLength: associatedData.length };
}

function membersOf(algorithm: object): number {
  return ONE_BY_ONE.has(algorithm) ? MEMBERS_ONE_BY_ONE : MEMBERS;
}

function members<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

/** The result of each request in a batch of its own. */
function alone<Request, Result>(requests: readonly Request[], run: (batch: [Request]) => Result[]): Result[] {
  return requests.map((request) => run([request])[0]);
}

/** Octets that differ from those of another number: made once, since each start of a program waits for them. */
function octets(number: number, length: number): Uint8Array {
  const start = number * PATTERN_STEP;
  return PATTERN.slice(start, start + length);
}

function pattern(): Uint8Array {
  const octets = new Uint8Array(LONGEST + 2 * MEMBERS * PATTERN_STEP);
  for (let at = 0; at < octets.length; at++) octets[at] = at * 29 + (at >> 3) * (at >> 5);
  return octets;
}

function forged(sealed: Uint8Array): Uint8Array {
  const whole = sealed.slice();
  whole[whole.length - 1] ^= 1;
  return whole;
}

function expectEqual(results: readonly Uint8Array[], expected: readonly Uint8Array[], algorithm: string): void {
  expectRight(results.length === expected.length && results.every((result, i) => equal(result, expected[i])), algorithm);
}

/** Expects a message without a plaintext to be forged. */
function expectOpened(
  results: readonly (Uint8Array | undefined)[],
  plaintexts: readonly Uint8Array[],
  algorithm: string,
): void {
  results.forEach((result, i) => {
    const isRight = result !== undefined && plaintexts[i] !== undefined && equal(result, plaintexts[i]);
    expectRight(i < plaintexts.length ? isRight : result === undefined, algorithm);
  });
}

function expectRight(right: boolean, algorithm: string): asserts right {
  if (!right) throw new Error(`the WebAssembly core gives a wrong answer for ${algorithm}`);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  const ofA = new DataView(a.buffer, a.byteOffset, a.length);
  const ofB = new DataView(b.buffer, b.byteOffset, b.length);
  let at = 0;
  for (; at + 4 <= a.length; at += 4) if (ofA.getUint32(at) !== ofB.getUint32(at)) return false;
  for (; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (octet) => parseInt(octet, 16));
}
