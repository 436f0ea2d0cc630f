/** Comparing, wiping and drawing secrets. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type BasicOperations, composedOf } from "../../src/crypto/composed.ts";
import { equalInConstantTime } from "../../src/crypto/constant_time.ts";
import type { AuthenticateRequest, SignedOctets } from "../../src/crypto/provider.ts";
import { AES_GCM_16, PRF_HMAC_SHA2_256, TICKET_AES_256_GCM } from "../../src/crypto/registry.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { wipe } from "../../src/crypto/wipe.ts";
import { toHex } from "../vectors/vectors.ts";
import { randomSealRequest } from "./protections.ts";
import { repeatableRandom } from "./random.ts";

test("two arrays are equal when their lengths and all their octets are", () => {
  const octets = Uint8Array.from({ length: 40 }, (_, i) => 7 * i);
  assert.ok(equalInConstantTime(octets, octets.slice()));
  assert.ok(equalInConstantTime(new Uint8Array(0), new Uint8Array(0)));
  assert.ok(!equalInConstantTime(octets, octets.subarray(1)));
  assert.ok(!equalInConstantTime(octets.subarray(0, 39), octets));
  for (let bit = 0; bit < 8 * octets.length; bit++) {
    const other = octets.slice();
    other[bit >> 3] ^= 1 << (bit & 7);
    assert.ok(!equalInConstantTime(octets, other));
  }
});

test("wiping leaves zeros in the array and nothing else", () => {
  const buffer = new Uint8Array(12).fill(1);
  wipe(buffer.subarray(2, 5), buffer.subarray(8, 9));
  assert.deepEqual([...buffer], [1, 1, 0, 0, 0, 1, 1, 1, 0, 1, 1, 1]);
});

test("the system's random source gives as many octets as asked for, each time others, in arrays of their own", () => {
  for (const length of [0, 1, 8, 255, 256, 257, 4096, 65536, 65537, 200000]) assert.equal(systemRandom(length).length, length);
  const draws = Array.from({ length: 2000 }, () => systemRandom(16));
  assert.equal(new Set(draws.map(toHex)).size, draws.length);
  for (const octets of draws) assert.equal(octets.buffer.byteLength, octets.length);
});

test("the system's random source leaves no stretch of zeros where its pool ends", () => {
  for (let length = 1; length <= 256; length += 17) {
    for (let drawn = 0; drawn < 10000; drawn += length) {
      const octets = systemRandom(length);
      if (length >= 16) assert.ok(octets.subarray(-8).some((octet) => octet !== 0));
    }
  }
});

test("the AUTH that the other end should have sent is wiped once it was compared, and none of this end's is made for a wrong one", () => {
  const signed: SignedOctets = {
    key: new Uint8Array(32),
    realMessage: new Uint8Array(300),
    peerNonce: new Uint8Array(32),
    restOfIdPayload: new Uint8Array(20),
  };
  for (const isRight of [true, false]) {
    const made: Uint8Array[] = [];
    const compared: string[] = [];
    const authOf = () => {
      const auth = new Uint8Array(32).fill(made.length + 1);
      made.push(auth);
      return auth;
    };
    const isEqual = (expected: Uint8Array) => {
      compared.push(toHex(expected));
      return isRight;
    };
    const { authenticate } = composedOf({ ...nothingElse(), authOf, isEqual });
    const request: AuthenticateRequest = {
      prf: PRF_HMAC_SHA2_256,
      theirs: signed,
      theirAuth: new Uint8Array(32),
      ours: signed,
    };
    const [result] = authenticate([request]);
    assert.deepEqual(compared, ["01".repeat(32)]);
    assert.deepEqual(made[0], new Uint8Array(32));
    assert.equal(made.length, isRight ? 2 : 1);
    assert.equal(result?.auth, made[1]);
  }
});

test("what a message was put together in with its ticket is wiped once it is sealed", () => {
  const random = repeatableRandom(5723);
  const ticket = randomSealRequest(TICKET_AES_256_GCM, random, 200, 20);
  const message = randomSealRequest({ encryption: AES_GCM_16, keyLength: 32 }, random, 400, 32);
  const plaintexts: Uint8Array[] = [];
  const seal: BasicOperations["seal"] = ({ plaintext }) => {
    plaintexts.push(plaintext);
    return plaintext.slice();
  };
  const before = message.plaintext.slice();
  const [sealed] = composedOf({ ...nothingElse(), seal }).sealWithTicket([{ ticket, message, ticketOffset: 40 }]);
  assert.deepEqual(sealed.subarray(40, 240), ticket.plaintext);
  assert.equal(plaintexts.length, 2);
  assert.deepEqual(plaintexts[1], new Uint8Array(400));
  assert.deepEqual(message.plaintext, before);
});

function nothingElse(): BasicOperations {
  const never = () => assert.fail("not asked for");
  return { deriveKeys: never, prfPlus: never, authOf: never, isEqual: never, seal: never, open: never };
}
