import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { InitialExchanges } from "../../../src/ike/exchanges/initial_exchanges.ts";
import { SeededRandom } from "../../simulation/seeded_random.ts";

const LIFETIME_MS = 1_000;
const octets = (text: string) => new TextEncoder().encode(text);
const exchanges = () => new InitialExchanges(LIFETIME_MS, new SeededRandom(3).octets);

/** What the columns say, said by an object. */
interface Remembered {
  readonly spi: bigint;
  request: Uint8Array | undefined;
  response: Uint8Array | undefined;
  readonly hash: number;
  readonly expiresAtMs: number;
}

test("a first message is known by its octets until its time is over, and by its hash once its IKE SA is up", () => {
  const initial = exchanges();
  const request = octets("request");
  const hash = initial.hashOf(request);
  const response = octets("response");
  initial.add({ responderSpi: 7n, request, response, hash }, 0);
  assert.deepEqual(initial.find(octets("request"), hash), { response });
  assert.equal(initial.find(octets("another"), hash), undefined);
  assert.equal(initial.find(octets("another"), initial.hashOf(octets("another"))), undefined);
  initial.over(7n);
  assert.deepEqual(initial.find(octets("request"), hash), { response: undefined });
  assert.deepEqual(initial.expire(LIFETIME_MS - 1), []);
  assert.deepEqual(initial.expire(LIFETIME_MS), [7n]);
  assert.equal(initial.find(request, hash), undefined);
  assert.equal(initial.nextExpiryMs, undefined);
});

test("thousands of first messages, begun, over, forgotten and expired in any order, are remembered as a list has them", () => {
  const steps = fc.array(
    fc.record({
      act: fc.constantFrom("add", "add", "add", "over", "forget", "wait"),
      which: fc.nat(),
      many: fc.integer({ min: 1, max: 900 }),
    }),
    { minLength: 1, maxLength: 24 },
  );
  fc.assert(
    fc.property(steps, (acts) => {
      const initial = exchanges();
      let expected: Remembered[] = [];
      let [nowMs, made] = [0, 0];
      for (const { act, which, many } of acts) {
        if (act === "wait") {
          nowMs += which % LIFETIME_MS;
          const due = expected.filter(({ expiresAtMs }) => expiresAtMs <= nowMs).map(({ spi }) => spi);
          assert.deepEqual(initial.expire(nowMs), due);
          expected = expected.filter(({ expiresAtMs }) => expiresAtMs > nowMs);
        }
        for (let count = 0; act === "add" && count < many; count++) {
          const request = octets(`request ${made}`);
          const response = octets(`response ${made}`);
          // SPIs that have words in common.
          const spi = BigInt(1 + made % 3) << 32n | BigInt(made++);
          const hash = initial.hashOf(request);
          initial.add({ responderSpi: spi, request, response, hash }, nowMs);
          expected.push({ spi, request, response, hash, expiresAtMs: nowMs + LIFETIME_MS });
        }
        for (let count = 0; act === "over" && count < many && expected.length > 0; count++) {
          const one = expected[(which + count * 7) % expected.length];
          initial.over(one.spi);
          one.response = one.request = undefined;
        }
        for (let count = 0; act === "forget" && count < many && expected.length > 0; count++) {
          const [one] = expected.splice((which + count * 7) % expected.length, 1);
          initial.forget(one.spi);
          initial.forget(one.spi);
          if (one.request) assert.equal(initial.find(one.request, one.hash), undefined);
        }
        assert.equal(initial.nextExpiryMs, expected[0]?.expiresAtMs);
        for (const { request = octets("anything"), response, hash } of expected.slice(0, 200)) {
          assert.deepEqual(initial.find(request, hash), { response });
        }
      }
    }),
    { numRuns: 40 },
  );
});
