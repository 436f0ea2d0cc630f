import assert from "node:assert/strict";
import { test } from "node:test";
import { InitialExchanges } from "../../src/ike/responder/initial_exchanges.ts";
import { loadProvider } from "../../src/providers/mod.ts";
import type { Message } from "../../src/wire/message.ts";
import type { Payload } from "../../src/wire/payload.ts";
import { HandmadeClient } from "../simulation/handmade_client.ts";
import { SeededRandom } from "../simulation/seeded_random.ts";
import { effectsOf, Simulation } from "../simulation/simulation.ts";

test("[R-9.3-1] an IKE SA that can have no keys counts as half-open as long as its first exchange is remembered", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { halfOpenLimit: 3 } });
  const handmade = new HandmadeClient(simulation);
  const publicValue = new Uint8Array(32);
  for (let count = 1; count <= 3; count++) {
    const exchange = await handmade.init({ publicValue });
    const request = await handmade.authRequest(exchange);
    for (const reason of ["public-value-unacceptable", "refused-before"]) {
      assert.deepEqual((await handmade.deliver(request)).effects, [{ type: "dropped", reason }]);
    }
    assert.equal(simulation.gateway.halfOpenCount, count);
  }
  const { effects } = await handmade.deliver(await handmade.initRequest({ publicValue }));
  assert.deepEqual(effects, [{ type: "dropped", reason: "half-open-limit" }]);
  simulation.network.interference = () => undefined;
  await simulation.run(simulation.network.nowMs + 30_000);
  await simulation.actOnGateway(simulation.gateway.timeout(simulation.now));
  assert.equal(simulation.gateway.halfOpenCount, 0);
});

test("[R-9.3-1] nothing is kept of a message that is longer than any that is needed", async () => {
  const gateway = { maximumTicketLength: 1_000 };
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway });
  const client = await simulation.clientWithTicket();
  const handmade = new HandmadeClient(simulation);
  const padding = (length: number): Payload => ({ type: "V", vendorId: new Uint8Array(length) });
  const tooLong = { type: "dropped", reason: "too-long" };
  const nonce = simulation.random.octets(32);

  assert.equal((await handmade.deliver(await handmade.initRequest({ extra: [padding(6_000)] }))).replies.length, 1);
  assert.deepEqual((await handmade.deliver(await handmade.initRequest({ extra: [padding(7_200)] }))).effects, [tooLong]);
  assert.equal(simulation.gateway.halfOpenCount, 1);
  const resume = (length: number) => handmade.resumeRequest(client.ticket.ticket, nonce, [padding(length)]);
  assert.equal((await handmade.deliver(resume(6_000))).replies.length, 1);
  assert.deepEqual((await handmade.deliver(resume(7_200))).effects, [tooLong]);
  assert.equal(simulation.gateway.halfOpenCount, 2);

  const exchange = await handmade.init();
  const longAuth = await handmade.authRequest(exchange, undefined, { add: [padding(7_200)] });
  assert.deepEqual((await handmade.deliver(longAuth)).effects, [tooLong]);
  assert.equal(effectsOf((await handmade.auth(exchange, { add: [padding(6_000)] })).effects, "ike-sa-up").length, 1);
  assert.deepEqual((await handmade.deliver(await handmade.seal(exchange, [padding(7_200)], 2))).effects, [tooLong]);
});

test("[R-9.3-1] first messages whose SPIs were chosen to share one hash are found as fast as others", () => {
  const random = new SeededRandom(1).octets;
  const colliding = Array.from({ length: 8_192 }, (_, index) => spiOfHash(BigInt(index)));
  const scattered = colliding.map(() => new DataView(random(8).buffer).getBigUint64(0));
  const slowdowns = [1, 2, 3].map(() => timeOf(colliding, random) / timeOf(scattered, random));
  assert.ok(Math.min(...slowdowns) < 20, `${slowdowns} times as slow`);
});

/** Milliseconds to add an exchange of each SPI, and to find it. */
function timeOf(spis: readonly bigint[], random: (length: number) => Uint8Array): number {
  const exchanges = new InitialExchanges(1_000, random);
  const messages = spis.map((initiatorSpi) => ({ header: { initiatorSpi }, octets: new Uint8Array(1) }) as unknown as Message);
  const start = performance.now();
  for (const message of messages) exchanges.add(message, message.octets, 1n, 0);
  for (const message of messages) assert.notEqual(exchanges.find(message), undefined);
  return performance.now() - start;
}

/** The number to which V8's hash for integers of 64 bits gives a result that differs only in bits that it cuts off. */
function spiOfHash(index: bigint): bigint {
  const u64 = (value: bigint) => BigInt.asUintN(64, value);
  const undoShift = (hash: bigint, bits: bigint) => {
    let value = hash;
    for (let round = 0; round < 8; round++) value = u64(hash ^ (value >> bits));
    return value;
  };
  const inverse = (odd: bigint) => {
    let value = 1n;
    for (let round = 0; round < 7; round++) value = u64(value * (2n - odd * value));
    return value;
  };
  let hash = undoShift(u64(index << 34n | 5n), 22n);
  hash = undoShift(u64(hash * inverse(65n)), 11n);
  hash = undoShift(u64(hash * inverse(21n)), 31n);
  return u64((hash + 1n) * inverse(u64((1n << 18n) - 1n)));
}
