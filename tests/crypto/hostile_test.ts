/** What the network can send, and what a caller can get wrong. @module */
import assert from "node:assert/strict";
import type { DeriveKeysRequest, OpenRequest, SealRequest } from "../../src/crypto/provider.ts";
import { AES_CBC, AES_GCM_16, CHACHA20_POLY1305, PRF_HMAC_SHA2_256, TICKET_AES_256_GCM } from "../../src/crypto/registry.ts";
import { AUTH_HMAC_SHA2_256_128 } from "../../src/crypto/registry.ts";
import { openRequestOf, protectionName, protections, randomSealRequest } from "./protections.ts";
import { testEach } from "./providers.ts";
import { repeatableRandom } from "./random.ts";

const SEED = 5723;
const OPERATIONS = ["open", "openTickets"] as const;

for (const protection of protections) {
  testEach(
    `open gives undefined for each altered bit and each lost octet of a message under ${protectionName(protection)}`,
    (provider) => {
      const request = randomSealRequest(protection, repeatableRandom(SEED), 20, 28);
      const [sealed] = provider.seal([request]);
      const whole = openRequestOf(request, sealed);
      const altered = Array.from({ length: 8 * sealed.length }, (_, bit) => {
        const octets = sealed.slice();
        octets[bit >> 3] ^= 1 << (bit & 7);
        return { ...whole, sealed: octets };
      });
      const shortened = Array.from(
        { length: sealed.length },
        (_, length) => ({ ...whole, sealed: sealed.subarray(0, length) }),
      );
      const lengthened = Array.from(
        { length: 33 },
        (_, i) => ({ ...whole, sealed: Uint8Array.of(...sealed, ...new Uint8Array(1 + i)) }),
      );
      for (const operation of OPERATIONS) {
        const refused = provider[operation]([...altered, ...shortened, ...lengthened]);
        assert.equal(refused.findIndex((plaintext) => plaintext !== undefined), -1);
        assert.deepEqual(provider[operation]([whole]), [request.plaintext]);
      }
    },
  );
}

testEach("open gives undefined, alone in its batch, for a member that fails", (provider) => {
  const random = repeatableRandom(SEED);
  const batch = Array.from({ length: 64 }, (_, i) => {
    const protection = protections[Math.floor(i / 8) % protections.length];
    return randomSealRequest(protection, random, i % 3 === 0 ? 220 : random.integer(0, 300), 28);
  });
  const sealed = provider.seal(batch);
  for (let failing = 0; failing < batch.length; failing++) {
    const opened = provider.open(batch.map((request, i) => {
      const octets = sealed[i].slice();
      if (i === failing) octets[octets.length - 1] ^= 0x80;
      return openRequestOf(request, octets);
    }));
    assert.deepEqual(opened, batch.map(({ plaintext }, i) => i === failing ? undefined : plaintext));
  }
});

testEach("open gives undefined for CBC ciphertexts of no whole blocks, although their MAC is right", (provider) => {
  const random = repeatableRandom(SEED);
  const protection = { encryption: AES_CBC, keyLength: 32, integrity: AUTH_HMAC_SHA2_256_128 };
  const keys = { protection, encryptionKey: random.octets(32), integrityKey: random.octets(32) };
  for (let length = 1; length < 16; length++) {
    const body = random.octets(28 + 16 + 32 + length);
    const [mac] = provider.prf([{ prf: PRF_HMAC_SHA2_256, key: keys.integrityKey, data: [body] }]);
    const sealed = Uint8Array.of(...body, ...mac.subarray(0, 16));
    assert.deepEqual(provider.open([{ ...keys, sealed, associatedDataLength: 28 }]), [undefined]);
  }
});

testEach("open gives undefined where the associated data is said to be longer than the message", (provider) => {
  for (const protection of protections) {
    const request = randomSealRequest(protection, repeatableRandom(SEED), 0, 28);
    const whole = openRequestOf(request, provider.seal([request])[0]);
    for (const associatedDataLength of [29, whole.sealed.length, whole.sealed.length + 1, 2 ** 31, 2 ** 32 + 28, 2 ** 52]) {
      for (const operation of OPERATIONS) {
        assert.deepEqual(provider[operation]([{ ...whole, associatedDataLength }]), [undefined], `${associatedDataLength}`);
      }
    }
    assert.deepEqual(provider.open([{ ...whole, sealed: new Uint8Array(0), associatedDataLength: 0 }]), [undefined]);
  }
});

testEach("open leaves what it was given as it was", (provider) => {
  for (const protection of protections) {
    const request = randomSealRequest(protection, repeatableRandom(SEED), 100, 28);
    const sealed = provider.seal([request])[0].slice();
    const before = sealed.slice();
    provider.open([openRequestOf(request, sealed)]);
    assert.deepEqual(sealed, before);
    sealed[40] ^= 1;
    before[40] ^= 1;
    provider.open([openRequestOf(request, sealed)]);
    assert.deepEqual(sealed, before);
  }
});

testEach("results are plain Uint8Arrays that stay as they are through later calls", (provider) => {
  const random = repeatableRandom(SEED);
  const derive = (): DeriveKeysRequest => ({
    prf: PRF_HMAC_SHA2_256,
    key: random.octets(32),
    data: [random.octets(64)],
    seed: [],
    length: 168,
  });
  const seals = Array.from({ length: 8 }, () => randomSealRequest(TICKET_AES_256_GCM, random, 220, 12));
  const sealed = provider.seal(seals);
  const results = [
    ...provider.prf([derive(), derive()]),
    ...provider.prfPlus([derive()]),
    ...provider.deriveKeys([derive(), derive()]),
    ...sealed,
    ...provider.openTickets(seals.map((request, i) => openRequestOf(request, sealed[i]))).map((plaintext) =>
      plaintext ?? assert.fail()
    ),
  ];
  const copies = results.map((octets) => octets.slice());
  for (const octets of results) assert.equal(octets.constructor, Uint8Array);
  provider.deriveKeys(Array.from({ length: 64 }, derive));
  provider.seal(Array.from({ length: 64 }, () => randomSealRequest(TICKET_AES_256_GCM, random, 400, 28)));
  provider.forgetTicketKeys();
  assert.deepEqual(results, copies);
});

testEach("views into a larger buffer, at every alignment, are taken for what they show", (provider) => {
  const random = repeatableRandom(SEED);
  for (const protection of protections) {
    const request = randomSealRequest(protection, random, 100, 28);
    const [expected] = provider.seal([request]);
    for (let shift = 1; shift < 9; shift++) {
      const moved = (octets: Uint8Array) => {
        const buffer = new Uint8Array(octets.length + 2 * shift).fill(0xee);
        buffer.set(octets, shift);
        return buffer.subarray(shift, shift + octets.length);
      };
      const view: SealRequest = {
        protection,
        encryptionKey: moved(request.encryptionKey),
        integrityKey: moved(request.integrityKey),
        iv: moved(request.iv),
        associatedData: moved(request.associatedData),
        plaintext: moved(request.plaintext),
      };
      assert.deepEqual(provider.seal([view]), [expected]);
      assert.deepEqual(provider.open([openRequestOf(view, moved(expected))]), [request.plaintext]);
    }
  }
});

testEach("an empty batch gives an empty result", (provider) => {
  assert.deepEqual([provider.prf([]), provider.prfPlus([]), provider.deriveKeys([]), provider.verifyMac([])], [[], [], [], []]);
  assert.deepEqual([provider.seal([]), provider.open([]), provider.openTickets([])], [[], [], []]);
});

testEach("an empty plaintext and empty associated data are sealed and opened", (provider) => {
  for (const protection of protections) {
    const request = randomSealRequest(protection, repeatableRandom(SEED), 0, 0);
    const [sealed] = provider.seal([request]);
    assert.deepEqual(provider.open([openRequestOf(request, sealed)]), [new Uint8Array(0)]);
  }
});

testEach("sizes that contradict the protection throw a RangeError that names the field and what was expected", (provider) => {
  const good = randomSealRequest({ encryption: AES_GCM_16, keyLength: 32 }, repeatableRandom(SEED), 20, 28);
  const withSizes = (sizes: Partial<SealRequest>) => () => provider.seal([good, { ...good, ...sizes }]);
  const bad: [() => unknown, RegExp][] = [
    [withSizes({ encryptionKey: new Uint8Array(32) }), /encryptionKey is 32 octets, expected 36 with AES-GCM-16/],
    [withSizes({ integrityKey: new Uint8Array(32) }), /integrityKey is 32 octets, expected 0/],
    [withSizes({ iv: new Uint8Array(12) }), /iv is 12 octets, expected 8/],
    [withSizes({ protection: { encryption: AES_GCM_16, keyLength: 25 } }), /keyLength is 25, expected 16 or 24 or 32/],
    [withSizes({ protection: { encryption: AES_CBC, keyLength: 32 } }), /integrity is absent, expected an algorithm/],
    [
      withSizes({ protection: { encryption: CHACHA20_POLY1305, keyLength: 32, integrity: AUTH_HMAC_SHA2_256_128 } }),
      /integrity is AUTH-HMAC-SHA2-256-128, expected none/,
    ],
    [
      () => {
        const protection = { encryption: AES_CBC, keyLength: 16, integrity: AUTH_HMAC_SHA2_256_128 };
        provider.seal([{ ...randomSealRequest(protection, repeatableRandom(SEED), 16, 0), plaintext: new Uint8Array(17) }]);
      },
      /plaintext is 17 octets, expected a multiple of 16/,
    ],
  ];
  for (const [call, message] of bad) assert.throws(call, { name: "RangeError", message });

  const open = openRequestOf(good, provider.seal([good])[0]);
  const badOpens: Partial<OpenRequest>[] = [
    { encryptionKey: new Uint8Array(35) },
    { associatedDataLength: -1 },
    { associatedDataLength: 1.5 },
    { associatedDataLength: NaN },
  ];
  for (const sizes of badOpens) assert.throws(() => provider.open([{ ...open, ...sizes }]), { name: "RangeError" });
});

testEach("prf+ gives 1 to 255 outputs of the prf and throws a RangeError beyond", (provider) => {
  const request = { prf: PRF_HMAC_SHA2_256, key: new Uint8Array(32), data: [], seed: [new Uint8Array(80)] };
  const maximum = 255 * 32;
  const [longest] = provider.prfPlus([{ ...request, length: maximum }]);
  const [shortest] = provider.prfPlus([{ ...request, length: 1 }]);
  assert.equal(longest.length, maximum);
  assert.deepEqual(shortest, longest.slice(0, 1));
  for (const length of [0, -1, maximum + 1, 1.5, NaN]) {
    assert.throws(() => provider.prfPlus([{ ...request, length }]), {
      name: "RangeError",
      message: /expected 1 to 8160 octets/,
    });
    assert.throws(() => provider.deriveKeys([{ ...request, length }]), {
      name: "RangeError",
      message: /expected 1 to 8160 octets/,
    });
  }
});
