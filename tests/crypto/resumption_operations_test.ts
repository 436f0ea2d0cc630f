/**
 * The operations that each serve one step of a resumption, against what they are defined by: basic operations of the first provider, one
 * after the other. The seed is in the titles; IKE_RESUME_TEST_SEED repeats a run.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Protection } from "../../src/crypto/algorithms.ts";
import { sealedLength } from "../../src/crypto/guards.ts";
import type { DeriveAndOpenRequest, SealWithTicketRequest } from "../../src/crypto/provider.ts";
import { AES_GCM_16, PRF_ALGORITHMS, PRF_HMAC_SHA2_256, TICKET_AES_256_GCM } from "../../src/crypto/registry.ts";
import { protections } from "./protections.ts";
import { testEach } from "./providers.ts";
import { repeatableRandom, runSeed } from "./random.ts";
import {
  authenticateByDefinition,
  deriveAndOpenByDefinition,
  randomAuthenticate,
  randomDeriveAndOpen,
  randomSealWithTicket,
  reference,
  sealWithTicketByDefinition,
  sometimesDamaged,
} from "./resumption_requests.ts";

const BATCH_LENGTHS = [1, 2, 3, 4, 5, 8, 17, 64];
const GCM_256: Protection = { encryption: AES_GCM_16, keyLength: 32 };

const seeded = `seed ${runSeed}`;

testEach(`deriveAndOpen is deriveKeys, then open with two of the keys, also where a message fails, ${seeded}`, (provider) => {
  const random = repeatableRandom(runSeed);
  for (const length of BATCH_LENGTHS) {
    const batch = Array.from({ length }, () => sometimesDamaged(randomDeriveAndOpen(random), random));
    const before = structuredClone(batch);
    const results = provider.deriveAndOpen(batch);
    assert.deepEqual(results, batch.map(deriveAndOpenByDefinition));
    assert.deepEqual(batch, before);
  }
});

testEach(`deriveAndOpen gives each plaintext, and the keys of each message that is damaged, ${seeded}`, (provider) => {
  const random = repeatableRandom(runSeed + 1);
  for (const protection of protections) {
    for (const prf of PRF_ALGORITHMS) {
      const { request, plaintext } = randomDeriveAndOpen(random, prf, protection);
      const damaged = { ...request, sealed: request.sealed.with(-1, request.sealed.at(-1)! ^ 1) };
      const short = { ...request, sealed: request.sealed.subarray(0, random.integer(0, request.associatedDataLength)) };
      const [keyingMaterial] = reference.deriveKeys([request.derivation]);
      assert.deepEqual(provider.deriveAndOpen([damaged, request, short]), [
        { keyingMaterial, plaintext: undefined },
        { keyingMaterial, plaintext },
        { keyingMaterial, plaintext: undefined },
      ]);
    }
  }
});

testEach(
  `authenticate is both AUTHs by their definition and prf+, and nothing at all where theirs is wrong, ${seeded}`,
  (provider) => {
    const random = repeatableRandom(runSeed + 2);
    for (const length of BATCH_LENGTHS) {
      const batch = Array.from({ length }, () => randomAuthenticate(random));
      const before = structuredClone(batch);
      const results = provider.authenticate(batch);
      assert.deepEqual(results, batch.map(authenticateByDefinition));
      assert.deepEqual(batch, before);
    }
  },
);

testEach("authenticate takes no AUTH that differs in a bit, is cut short, is longer, or is empty", (provider) => {
  const random = repeatableRandom(runSeed + 3);
  for (const prf of PRF_ALGORITHMS) {
    const good = randomAuthenticate(random, prf, true);
    const auth = good.theirAuth;
    const wrong = [
      ...Array.from({ length: 8 * auth.length }, (_, bit) => auth.with(bit >> 3, auth[bit >> 3] ^ 1 << (bit & 7))),
      ...Array.from({ length: auth.length }, (_, end) => auth.subarray(0, end)),
      Uint8Array.of(...auth, 0),
      new Uint8Array(2 * auth.length),
    ];
    const results = provider.authenticate([...wrong.map((theirAuth) => ({ ...good, theirAuth })), good]);
    assert.deepEqual(results, [...wrong.map(() => undefined), authenticateByDefinition(good)]);
  }
});

testEach("authenticate without an expansion makes the AUTH and no keys", (provider) => {
  const random = repeatableRandom(runSeed + 4);
  const batch = Array.from({ length: 9 }, (_, i) => {
    const request = randomAuthenticate(random, undefined, true);
    return i % 3 === 1 ? request : { ...request, expansion: undefined };
  });
  const results = provider.authenticate(batch);
  assert.deepEqual(results, batch.map(authenticateByDefinition));
  results.forEach((result, i) => assert.equal(result?.keyingMaterial.length, batch[i].expansion?.length ?? 0));
});

testEach(`sealWithTicket is seal of the ticket, then seal with the ticket in its place, ${seeded}`, (provider) => {
  const random = repeatableRandom(runSeed + 5);
  for (const length of BATCH_LENGTHS) {
    const ticketKeys = [random.octets(32), random.octets(32)];
    const batch = Array.from({ length }, (_, i) => randomSealWithTicket(random, ticketKeys[i % ticketKeys.length]));
    const before = structuredClone(batch);
    const sealed = provider.sealWithTicket(batch);
    assert.deepEqual(sealed, batch.map(sealWithTicketByDefinition));
    assert.deepEqual(batch, before);
    if (length % 2 === 0) provider.forgetTicketKeys();
  }
});

testEach("sealWithTicket does not read what stands in the ticket's place", (provider) => {
  const random = repeatableRandom(runSeed + 6);
  const request = randomSealWithTicket(random, random.octets(32));
  const { message, ticket, ticketOffset } = request;
  const plaintext = message.plaintext.slice().fill(0xee, ticketOffset, ticketOffset + sealedLength(ticket));
  assert.deepEqual(
    provider.sealWithTicket([{ ...request, message: { ...message, plaintext } }]),
    provider.sealWithTicket([request]),
  );
});

testEach("what sealWithTicket made opens to the message, and the ticket in it to its state", (provider) => {
  const random = repeatableRandom(runSeed + 7);
  for (let i = 0; i < 20; i++) {
    const { ticket, message, ticketOffset } = randomSealWithTicket(random, random.octets(32));
    const [sealed] = provider.sealWithTicket([{ ticket, message, ticketOffset }]);
    const [plaintext] = provider.open([{ ...message, sealed, associatedDataLength: message.associatedData.length }]);
    assert.ok(plaintext);
    const place = plaintext.subarray(ticketOffset, ticketOffset + sealedLength(ticket));
    assert.deepEqual(
      provider.openTickets([{ ...ticket, sealed: place, associatedDataLength: ticket.associatedData.length }]),
      [ticket.plaintext],
    );
    assert.deepEqual(plaintext.subarray(0, ticketOffset), message.plaintext.subarray(0, ticketOffset));
    const end = ticketOffset + place.length;
    assert.deepEqual(plaintext.subarray(end), message.plaintext.subarray(end));
  }
});

testEach("results of these operations are plain Uint8Arrays that stay as they are through later calls", (provider) => {
  const random = repeatableRandom(runSeed + 8);
  const upTo = <T>(length: number, make: () => T) => Array.from({ length }, make);
  const derived = provider.deriveAndOpen(upTo(3, () => randomDeriveAndOpen(random).request));
  const authenticated = provider.authenticate(upTo(3, () => randomAuthenticate(random, undefined, true)));
  const results = [
    ...derived.flatMap(({ keyingMaterial, plaintext }) => [keyingMaterial, plaintext ?? assert.fail()]),
    ...authenticated.flatMap((result) => result ? [result.auth, result.keyingMaterial] : assert.fail()),
    ...provider.sealWithTicket(upTo(3, () => randomSealWithTicket(random, random.octets(32)))),
  ];
  const copies = results.map((octets) => octets.slice());
  for (const octets of results) assert.equal(octets.constructor, Uint8Array);
  provider.deriveAndOpen(upTo(20, () => randomDeriveAndOpen(random).request));
  provider.authenticate(upTo(20, () => randomAuthenticate(random)));
  provider.sealWithTicket(upTo(20, () => randomSealWithTicket(random, random.octets(32))));
  provider.forgetTicketKeys();
  assert.deepEqual(results, copies);
});

testEach("a result that is wiped takes nothing from those beside it", (provider) => {
  const random = repeatableRandom(runSeed + 9);
  const requests = Array.from({ length: 3 }, () => randomAuthenticate(random, PRF_HMAC_SHA2_256, true));
  const results = provider.authenticate(requests);
  results[1]!.keyingMaterial.fill(0);
  assert.deepEqual([results[0], results[2]], [requests[0], requests[2]].map(authenticateByDefinition));
  assert.deepEqual(results[1]!.auth, authenticateByDefinition(requests[1])!.auth);
});

testEach("empty batches of these operations give empty results", (provider) => {
  assert.deepEqual([provider.deriveAndOpen([]), provider.authenticate([]), provider.sealWithTicket([])], [[], [], []]);
});

testEach(
  "places that do not hold what they are to hold, and sizes that contradict, throw a RangeError that names them",
  (provider) => {
    const random = repeatableRandom(runSeed + 10);
    const { request } = randomDeriveAndOpen(random, PRF_HMAC_SHA2_256, GCM_256);
    const { length } = request.derivation;
    const deriving = (changes: Partial<DeriveAndOpenRequest>) => () =>
      provider.deriveAndOpen([request, { ...request, ...changes }]);
    const authenticating = (length: number) => () => {
      const good = randomAuthenticate(random, PRF_HMAC_SHA2_256);
      provider.authenticate([good, { ...good, expansion: { key: new Uint8Array(32), seed: [], length } }]);
    };
    const sealing = randomSealWithTicket(random, random.octets(32), TICKET_AES_256_GCM, GCM_256);
    const room = sealing.message.plaintext.length - sealedLength(sealing.ticket);
    const sealed = (changes: Partial<SealWithTicketRequest>) => () =>
      provider.sealWithTicket([sealing, { ...sealing, ...changes }]);
    const cases: readonly (readonly [() => unknown, RegExp])[] = [
      ...[-1, 0.5, NaN, length - 35, 2 ** 32].map((encryptionKeyOffset) =>
        [deriving({ encryptionKeyOffset }), /encryptionKeyOffset .* expected room for 36 octets/] as const
      ),
      ...[-1, NaN, length + 1].map((integrityKeyOffset) => [deriving({ integrityKeyOffset }), /integrityKeyOffset/] as const),
      ...[-1, 1.5, NaN].map((associatedDataLength) => [deriving({ associatedDataLength }), /associatedDataLength/] as const),
      [deriving({ protection: { encryption: AES_GCM_16, keyLength: 25 } }), /keyLength is 25, expected 16 or 24 or 32/],
      ...[0, -1, 1.5, 255 * 32 + 1].flatMap((length) => [
        [deriving({ derivation: { ...request.derivation, length } }), /prf\+ length .* expected 1 to 8160/] as const,
        [authenticating(length), /prf\+ length .* expected 1 to 8160/] as const,
      ]),
      ...[-1, 0.5, NaN, room + 1, 2 ** 32].map((ticketOffset) =>
        [sealed({ ticketOffset }), /ticketOffset .* expected room for/] as const
      ),
      [sealed({ ticket: { ...sealing.ticket, iv: new Uint8Array(8) } }), /ticket: iv is 8 octets, expected 12/],
      [sealed({ message: { ...sealing.message, iv: new Uint8Array(12) } }), /message: iv is 12 octets, expected 8/],
      [sealed({ message: { ...sealing.message, encryptionKey: new Uint8Array(32) } }), /message: encryptionKey is 32 octets/],
      [sealed({ ticket: { ...sealing.ticket, integrityKey: new Uint8Array(1) } }), /ticket: integrityKey is 1 octets/],
    ];
    for (const [call, message] of cases) assert.throws(call, { name: "RangeError", message });
    // At the very end of what holds them they are in their place.
    provider.deriveAndOpen([{ ...request, encryptionKeyOffset: length - 36, integrityKeyOffset: length }]);
    provider.sealWithTicket([{ ...sealing, ticketOffset: room }]);
  },
);

testEach(
  "deriveAndOpen takes a message that is said to be shorter than its associated data for one that does not open",
  (provider) => {
    const { request } = randomDeriveAndOpen(repeatableRandom(runSeed + 11));
    for (const associatedDataLength of [request.sealed.length, request.sealed.length + 1, 2 ** 31, 2 ** 32 + 28, 2 ** 52]) {
      const [{ keyingMaterial, plaintext }] = provider.deriveAndOpen([{ ...request, associatedDataLength }]);
      assert.equal(plaintext, undefined);
      assert.deepEqual(keyingMaterial, reference.deriveKeys([request.derivation])[0]);
    }
  },
);
