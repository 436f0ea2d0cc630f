import assert from "node:assert/strict";
import { test } from "node:test";
import { sharedIkeSuiteOf } from "../../../src/ike/ike_sa/shared_suites.ts";
import { ikeSuiteOf } from "../../../src/ike/ike_sa/suite.ts";
import type { Proposal, TransformAttribute } from "../../../src/wire/payload.ts";

const KEY_LENGTH = 14;

/** AES-GCM-16, PRF_HMAC_SHA2_256, Curve25519. */
function gcm(keyLength: number, change: Partial<Proposal> = {}, others: readonly TransformAttribute[] = []): Proposal {
  return {
    number: 1,
    protocolId: 1,
    spi: new Uint8Array(0),
    transforms: [
      { transformType: 1, transformId: 20, attributes: [{ attributeType: KEY_LENGTH, value: keyLength }, ...others] },
      { transformType: 2, transformId: 5, attributes: [] },
      { transformType: 4, transformId: 31, attributes: [] },
    ],
    ...change,
  };
}

test("IKE SAs of equal proposals share one suite, which says what each alone would", () => {
  const shared = sharedIkeSuiteOf(gcm(256));
  assert.deepEqual(shared, ikeSuiteOf(gcm(256)));
  assert.equal(sharedIkeSuiteOf(gcm(256)), shared);
});

test("proposals that differ in their number, a key length or an SPI do not share one", () => {
  const spi = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  for (
    const other of [
      gcm(128),
      gcm(256, { number: 2 }),
      gcm(256, { spi }),
      gcm(256, { transforms: gcm(256).transforms.slice(0, 2) }),
    ]
  ) {
    assert.deepEqual(sharedIkeSuiteOf(gcm(256)), ikeSuiteOf(gcm(256)));
    assert.deepEqual(sharedIkeSuiteOf(other), ikeSuiteOf(other));
  }
});

test("a transform with an attribute that is not understood is not taken for one without it", () => {
  const odd = gcm(256, {}, [{ attributeType: 99, value: Uint8Array.of(1) }]);
  sharedIkeSuiteOf(gcm(256));
  assert.deepEqual(sharedIkeSuiteOf(odd)?.proposal, odd);
});

test("a suite keeps nothing of the message that its proposal was read from", () => {
  const first = gcm(192);
  const shared = sharedIkeSuiteOf(first);
  assert.notEqual(shared?.proposal, first);
  assert.notEqual(shared?.proposal.transforms[0], first.transforms[0]);
});

test("whoever numbers proposals as it likes fills no memory: equal ones are still found equal", () => {
  for (let number = 1; number <= 255; number++) {
    for (const keyLength of [128, 192, 256]) sharedIkeSuiteOf(gcm(keyLength, { number }));
  }
  assert.equal(sharedIkeSuiteOf(gcm(256)), sharedIkeSuiteOf(gcm(256)));
});
