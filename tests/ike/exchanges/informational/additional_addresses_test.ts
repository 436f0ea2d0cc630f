/**
 * Addresses that a client with MOBIKE is met at as well (RFC 4555, sections 3.4 and 3.10): its gateway keeps what it says of them, and tries them
 * where nothing answers.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { notify } from "../../../../src/ike/message/notify.ts";
import { loadKeyExchange, loadProvider } from "../../../../src/providers/mod.ts";
import { NotifyType } from "../../../../src/wire/constants.ts";
import type { Payload } from "../../../../src/wire/payload.ts";
import { copyOf } from "../../../simulation/coming_back.ts";
import { HandmadeClient } from "../../../simulation/handmade_client.ts";
import { informationalRequest } from "../../../simulation/handmade_up.ts";
import { SeededRandom } from "../../../simulation/seeded_random.ts";
import { effectsOf, Simulation } from "../../../simulation/simulation.ts";
import { TwoGateways } from "../../lane/two_gateways.ts";
import { Crowd } from "../../lane/waves.ts";

const { MOBIKE_SUPPORTED, ADDITIONAL_IP4_ADDRESS, ADDITIONAL_IP6_ADDRESS, NO_ADDITIONAL_ADDRESSES } = NotifyType;
const ONE = notify(ADDITIONAL_IP4_ADDRESS, Uint8Array.of(198, 51, 100, 201));
const TWO = notify(ADDITIONAL_IP4_ADDRESS, Uint8Array.of(198, 51, 100, 202));
const OTHER_FAMILY = notify(ADDITIONAL_IP6_ADDRESS, new Uint8Array(16).fill(0x20));

/** A client that answers nothing is asked for a sign of life: where to. */
async function askedAt(said: readonly Payload[], later: readonly Payload[] = []): Promise<string[]> {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { livenessSeconds: 0 } });
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.init();
  await handmade.deliver(await handmade.authRequest(exchange, undefined, { add: [notify(MOBIKE_SUPPORTED), ...said] }));
  if (later.length > 0) await handmade.deliver(await handmade.seal(exchange, later, 2, informationalRequest(2)));
  await simulation.actOnGateway(simulation.gateway.checkLiveness(exchange.spis, simulation.now));
  await simulation.run(60_000);
  const own = handmade.address;
  const sent = simulation.network.sent.map(({ remote }) => remote.address);
  return sent.map((address) => address === own ? "own" : address).slice(-6);
}

test("a client that does not answer is asked at its other addresses of the same family too, from the third copy on", async () => {
  const asked = await askedAt([ONE, TWO, OTHER_FAMILY]);
  assert.deepEqual(asked.slice(0, 5), ["own", "own", "198.51.100.201", "198.51.100.202", "own"]);
});

test("what a client says later takes the place of what it said before, and that there are none is said as well", async () => {
  assert.ok((await askedAt([ONE], [TWO])).includes("198.51.100.202"));
  assert.ok(!(await askedAt([ONE], [TWO])).includes("198.51.100.201"));
  assert.deepEqual(new Set(await askedAt([ONE, TWO], [notify(NO_ADDITIONAL_ADDRESSES)])), new Set(["own"]));
});

test("of many addresses eight are kept, and without MOBIKE none", async () => {
  const many = Array.from({ length: 20 }, (_, index) => notify(ADDITIONAL_IP4_ADDRESS, Uint8Array.of(198, 51, 101, index)));
  const asked = (await askedAt(many)).filter((address) => address !== "own");
  assert.ok(asked.every((address) => Number(address.split(".")[3]) < 8));
});

test("a client that resumes through the lane is asked there as well", async () => {
  const gateways = new TwoGateways({ provider: await loadProvider("wasm"), keyExchange: await loadKeyExchange() });
  const crowd = new Crowd(gateways, 1);
  await crowd.comeUp();
  const ticket = copyOf(crowd.clients[0].ticket!);
  const handmade = new HandmadeClient({
    services: { ...gateways.steps.services, random: new SeededRandom(3).octets },
    random: new SeededRandom(4),
    receive: (datagram) => gateways.receive([datagram]),
  }, "198.51.100.0");
  const exchange = await handmade.resume(ticket);
  const before = gateways.taken;
  await handmade.deliver(await handmade.authRequest(exchange, ticket, { add: [notify(MOBIKE_SUPPORTED), ONE] }));
  assert.equal(gateways.taken - before, 1);
  const asked: string[] = [];
  const note = (effects: Parameters<typeof effectsOf>[0]) =>
    asked.push(...effectsOf(effects, "send").map(({ datagram }) => datagram.remote.address));
  note(await gateways.perform((responder, now) => responder.checkLiveness(exchange.spis, now)));
  for (let times = 0; times < 4; times++) {
    gateways.nowMs = gateways.lane.responder.deadline!;
    note(await gateways.perform((responder, now) => responder.timeout(now)));
  }
  assert.ok(asked.includes("198.51.100.201"), asked.join(" "));
});
