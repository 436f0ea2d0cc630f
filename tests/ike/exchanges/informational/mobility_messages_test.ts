/**
 * What stands in messages of MOBIKE (RFC 4555, section 4), and what becomes of those that are wrong.
 *
 * @module
 */
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { additionalAddresses, noNatsAllowed } from "../../../../src/ike/message/mobility_notifies.ts";
import { natDetectionPayloads } from "../../../../src/ike/message/nat_detection.ts";
import { notify } from "../../../../src/ike/message/notify.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { NotifyType } from "../../../../src/wire/constants.ts";
import { HandmadeClient } from "../../../simulation/handmade_client.ts";
import { clientUp, informationalRequest } from "../../../simulation/handmade_up.ts";
import { notifiesOf, notifyData, notifyTypes } from "../../../simulation/messages.ts";
import { effectsOf, endpoint, GATEWAY_ADDRESS, Simulation } from "../../../simulation/simulation.ts";
import { ask, MOBILE, mobileHandmade, movesOf } from "./mobility_scene.ts";

const { UPDATE_SA_ADDRESSES, COOKIE2, NAT_DETECTION_SOURCE_IP, NAT_DETECTION_DESTINATION_IP, MOBIKE_SUPPORTED } = NotifyType;

test("the octets of an update and its answer are those of the RFC, and COOKIE2 comes back as it is", async () => {
  const { handmade, exchange } = await mobileHandmade();
  const address = "203.0.113.9";
  const detection = natDetectionPayloads(exchange.spis, endpoint(address, 4500), endpoint(GATEWAY_ADDRESS, 4500));
  const cookie = Uint8Array.from({ length: 64 }, (_, index) => index);
  const { answer, effects } = await ask(handmade, exchange, 2, [notify(16400), ...detection, notify(16401, cookie)], address);
  assert.deepEqual(notifyTypes(answer), [COOKIE2, NAT_DETECTION_SOURCE_IP, NAT_DETECTION_DESTINATION_IP]);
  assert.deepEqual(notifyData(answer, 16401), cookie);
  const seen = natDetectionPayloads(exchange.spis, endpoint(GATEWAY_ADDRESS, 4500), endpoint(address, 4500));
  assert.deepEqual(notifyData(answer, 16389), seen[1].data);
  // The gateway asks the new address, with a cookie that nobody can guess.
  const [, check] = effectsOf(effects, "send");
  assert.deepEqual(check.datagram.remote, endpoint(address, 4500));
});

test("a client copies COOKIE2 of its gateway's into the answer, and is told new addresses of it", async () => {
  const { gateway, answered } = await clientUp(MOBILE, [notify(MOBIKE_SUPPORTED)]);
  const cookie = Uint8Array.from({ length: 8 }, (_, index) => index);
  const request = await gateway.seal(answered, [
    notify(COOKIE2, cookie),
    notify(NotifyType.ADDITIONAL_IP4_ADDRESS, Uint8Array.of(192, 0, 2, 77)),
  ], informationalRequest(0));
  await gateway.deliver(request);
  assert.deepEqual(await gateway.open(answered, gateway.received), [notify(COOKIE2, cookie)]);
});

test("of a peer's further addresses none is kept that is no host's, none that maps IPv4, none twice, and no more than eight", () => {
  const four = (...octets: number[]) => notify(NotifyType.ADDITIONAL_IP4_ADDRESS, Uint8Array.of(...octets));
  const six = (start: number[], end: number[]) =>
    notify(
      NotifyType.ADDITIONAL_IP6_ADDRESS,
      Uint8Array.of(...start, ...new Array(16 - start.length - end.length).fill(0), ...end),
    );
  const nobodys = [
    ...[four(0, 0, 0, 0), four(0, 1, 2, 3), four(224, 0, 0, 1), four(239, 255, 255, 250), four(240, 0, 0, 1)],
    ...[four(255, 255, 255, 255), six([], []), six([0xff, 2], [1]), six([], [0xff, 0xff, 192, 0, 2, 1])],
  ];
  assert.deepEqual(additionalAddresses(nobodys), []);
  const hosts = [four(192, 0, 2, 7), four(192, 0, 2, 7), six([0x20, 1, 0xd, 0xb8], [7]), four(223, 255, 255, 1)];
  assert.deepEqual(additionalAddresses([...nobodys, ...hosts]), ["192.0.2.7", "2001:db8::7", "223.255.255.1"]);
  const many = Array.from({ length: 20 }, (_, index) => four(192, 0, 2, index));
  assert.equal(additionalAddresses(many)!.length, 8);
});

test("whatever notifies of MOBIKE a request has, the IKE SA stays up, and goes nowhere but where the request came from", async () => {
  const type = fc.constantFrom(16396, 16397, 16398, 16399, 16400, 16401, 16402, 16388, 16389);
  const one = fc.record({ type, data: fc.uint8Array({ maxLength: 70 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(one, { maxLength: 8 }), async (notifies) => {
      const { handmade, exchange, simulation } = await mobileHandmade();
      const payloads = notifies.map(({ type, data }) => notify(type, data));
      const { effects } = await ask(handmade, exchange, 2, payloads, "203.0.113.9");
      assert.equal(simulation.gateway.establishedCount, 1);
      const remotes = new Set(effectsOf(effects, "send").map(({ datagram }) => datagram.remote.address));
      assert.deepEqual([...remotes], ["203.0.113.9"]);
      assert.deepEqual(movesOf(effects), []);
    }),
    { numRuns: 60 },
  );
});

test("NO_NATS_ALLOWED that does not fit is answered so, and nothing else of the request is heeded", async () => {
  const right = noNatsAllowed({
    local: endpoint("203.0.113.9", 4500),
    remote: endpoint(GATEWAY_ADDRESS, 4500),
    encapsulated: true,
  });
  assert.deepEqual(right.data, Uint8Array.of(203, 0, 113, 9, 192, 0, 2, 1, 0x11, 0x94, 0x11, 0x94));
  const { handmade, exchange } = await mobileHandmade();
  const wrong = { ...right, data: right.data.with(3, 8) };
  const { answer, effects } = await ask(handmade, exchange, 2, [notify(UPDATE_SA_ADDRESSES), wrong], "203.0.113.9");
  assert.deepEqual(notifyTypes(answer), [41]);
  assert.equal(effectsOf(effects, "send").length, 1);
  const next = await ask(handmade, exchange, 3, [notify(UPDATE_SA_ADDRESSES), right], "203.0.113.9");
  assert.deepEqual(notifyTypes(next.answer), []);
  assert.equal(effectsOf(next.effects, "send").length, 2);
});

test("MOBIKE_SUPPORTED is said once at each end, in IKE_AUTH, and no other notify with it", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { additionalAddresses: ["192.0.2.99"] } });
  const handmade = new HandmadeClient(simulation);
  const { answer } = await handmade.auth(await handmade.init(), { add: [notify(MOBIKE_SUPPORTED)] });
  assert.equal(notifiesOf(answer, 16396).length, 1);
  assert.deepEqual(notifyData(answer, 16396), new Uint8Array(0));
  assert.deepEqual(notifyData(answer, 16397), Uint8Array.of(192, 0, 2, 99));
  const { answer: without } = await handmade.auth(await handmade.init());
  assert.deepEqual(notifyTypes(without), []);
});
