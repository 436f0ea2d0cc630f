import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIdentity } from "../../../src/configuration/mod.ts";
import { systemRandom } from "../../../src/crypto/system_random.ts";
import { shareOf } from "../../../src/gateway/workers/limits_share.ts";
import { responderConfiguration } from "../../../src/ike/policy/responder_configuration.ts";
import { TicketKeyRing } from "../../../src/ticket/ticket_key_ring.ts";

const options = {
  identity: parseIdentity("gateway.example"),
  presharedKeyOf: () => undefined,
  ticketKeys: TicketKeyRing.generate(systemRandom, 0),
};

test("the limits of all workers add up to those that were given, and each has at least the least that it may be", () => {
  const configuration = responderConfiguration({
    ...options,
    ikeSaLimit: 1_001,
    halfOpenLimit: 7,
    cookieThreshold: 2,
    livenessChecksPerSecond: 1,
    mostFragmentOctets: 100_000,
    ticketsPerIdentity: 5,
  });
  const shares = [0, 1, 2].map((index) => shareOf(configuration, { index, count: 3 }));
  assert.deepEqual(shares.map(({ ikeSaLimit }) => ikeSaLimit), [334, 334, 333]);
  assert.deepEqual(shares.map(({ halfOpenLimit }) => halfOpenLimit), [3, 2, 2]);
  assert.deepEqual(shares.map(({ cookieThreshold }) => cookieThreshold), [1, 1, 0]);
  assert.deepEqual(shares.map(({ livenessChecksPerSecond }) => livenessChecksPerSecond), [1, 1, 1]);
  assert.deepEqual(shares.map(({ mostFragmentOctets }) => mostFragmentOctets), [65_536, 65_536, 65_536]);
  assert.deepEqual(shares.map(({ ticketsPerIdentity }) => ticketsPerIdentity), [2, 2, 1]);
  assert.deepEqual(shares.map(({ resumptionCookieThreshold }) => resumptionCookieThreshold), [undefined, undefined, undefined]);
  assert.deepEqual(shares.map(({ spiWorker }) => spiWorker?.index), [0, 1, 2]);
  assert.equal(shareOf(configuration, { index: 0, count: 1 }).ikeSaLimit, 1_001);
});
