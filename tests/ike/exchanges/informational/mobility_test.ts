import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { InitiatorOptions } from "../../../../src/ike/initiator.ts";
import { anyIpv4Selector } from "../../../../src/ike/child_sa/traffic_selectors.ts";
import { noNatsAllowed } from "../../../../src/ike/message/mobility_notifies.ts";
import { natDetectionPayloads } from "../../../../src/ike/message/nat_detection.ts";
import { notify } from "../../../../src/ike/message/notify.ts";
import type { ResponderOptions } from "../../../../src/ike/responder.ts";
import type { Effect } from "../../../../src/ike/states/effect.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../../../src/wire/constants.ts";
import { decodeMessage } from "../../../../src/wire/message.ts";
import type { Payload } from "../../../../src/wire/payload.ts";
import { gatewayChildSa, resumptions } from "../../../simulation/coming_back.ts";
import { HandmadeClient, type HandmadeExchange } from "../../../simulation/handmade_client.ts";
import { clientUp, informationalRequest } from "../../../simulation/handmade_up.ts";
import { notifiesOf, notifyData, notifyTypes } from "../../../simulation/messages.ts";
import { effectsOf, endpoint, GATEWAY_ADDRESS, type SimulatedClient, Simulation } from "../../../simulation/simulation.ts";
import { testEveryProvider } from "../../every_provider.ts";
import { childOffer } from "../create_child_sa/handmade_child.ts";

const MOBILE: Partial<InitiatorOptions> = { mobike: true };
const ELSEWHERE = "203.0.113.50";
const FURTHER = "203.0.113.60";
const { UPDATE_SA_ADDRESSES, COOKIE2, NAT_DETECTION_SOURCE_IP, NAT_DETECTION_DESTINATION_IP, MOBIKE_SUPPORTED } = NotifyType;

testEveryProvider(
  "a client moves with its IKE SA: the gateway follows, and sends ESP there once it has met it there",
  async (provider) => {
    const { simulation, client } = await up({}, {}, provider.name);
    assert.equal(client.initiator.isMobile, true);
    await simulation.move(client, ELSEWHERE);
    await simulation.run();
    assert.deepEqual(movesOf(simulation.gatewayEffects), [
      { before: `${client.address} 4500`, remote: `${ELSEWHERE} 4500`, udpEncapsulation: false },
    ]);
    const [updated] = effectsOf(client.effects, "addresses-updated");
    assert.deepEqual([updated.local, updated.remote], [endpoint(ELSEWHERE, 4500), endpoint(GATEWAY_ADDRESS, 4500)]);
    assert.equal(updated.udpEncapsulation, false);
    // Both ends go on there.
    await bothAlive(simulation, client);
    const { local, remote } = simulation.network.sent.at(-1)!;
    assert.ok([local.address, remote.address].includes(ELSEWHERE));
    assert.equal(simulation.gateway.establishedCount, 1);
  },
);

test("without a NAT, MOBIKE takes IKE to port 4500 from IKE_AUTH on, and leaves ESP outside of UDP", async () => {
  const { simulation, client } = await up();
  assert.deepEqual(simulation.network.sent.map(({ remote, encapsulated }) => [remote.port, encapsulated]), [
    [500, false],
    [500, false],
    [4500, true],
    [4500, true],
  ]);
  assert.equal(client.childSa.udpEncapsulation, false);
  assert.equal(gatewayChildSa(simulation).udpEncapsulation, false);
});

test("[C-7.6] a client starts on port 4500 where it is told to: everything goes there, and ESP into UDP only behind a NAT", async () => {
  for (const behindNat of [false, true]) {
    const simulation = new Simulation({ provider: await loadProvider("ts") });
    if (behindNat) placeNat(simulation);
    const client = simulation.addClient({ startOnNatPort: true });
    await simulation.start(client);
    await simulation.run();
    assert.deepEqual(simulation.network.sent.map(({ encapsulated }) => encapsulated), [true, true, true, true]);
    assert.equal(client.childSa.udpEncapsulation, behindNat);
    assert.equal(gatewayChildSa(simulation).udpEncapsulation, behindNat);
    const again = simulation.addClient({ startOnNatPort: true, identity: client.ticket.initiatorId }, client.ticket);
    await simulation.start(again);
    await simulation.run();
    assert.deepEqual(resumptions(again), [true]);
    assert.equal(simulation.network.sent.every(({ encapsulated }) => encapsulated), true);
    assert.equal(gatewayChildSa(simulation).udpEncapsulation, behindNat);
  }
});

test("a client that moves behind a NAT has its ESP in UDP from then on, and out of it when it leaves", async () => {
  const { simulation, client } = await up();
  placeNat(simulation, ELSEWHERE);
  await simulation.move(client, ELSEWHERE);
  await simulation.run();
  assert.deepEqual(movesOf(simulation.gatewayEffects).map(({ udpEncapsulation }) => udpEncapsulation), [true]);
  assert.deepEqual(effectsOf(client.effects, "addresses-updated").map(({ udpEncapsulation }) => udpEncapsulation), [true]);
  await simulation.move(client, FURTHER);
  await simulation.run();
  assert.deepEqual(movesOf(simulation.gatewayEffects).map(({ udpEncapsulation }) => udpEncapsulation), [true, false]);
  await bothAlive(simulation, client);
});

test("with MOBIKE a NAT that gives a client another port is found by its liveness checks, and the gateway is told", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { livenessSeconds: 0 } });
  let port = 20_000;
  placeNat(simulation, undefined, () => port);
  const client = await clientOf(simulation, {});
  await alive(simulation, client);
  assert.equal(effectsOf(client.effects, "addresses-updated").length, 0);
  port = 30_000;
  await alive(simulation, client);
  assert.equal(effectsOf(client.effects, "addresses-updated").length, 1);
  assert.deepEqual(movesOf(simulation.gatewayEffects).map(({ remote }) => remote), ["203.0.113.200 34500"]);
  // The request that found it moved nothing by itself (RFC 4555, section 3.8).
  assert.equal(movesOf(simulation.gatewayEffects).length, 1);
});

test("a client that is not met where it said keeps its ESP where it was, and goes in the end", async () => {
  const { simulation, client } = await up();
  // What is sent there does not come back, once the update is answered.
  let answers = 0;
  simulation.network.interference = (datagram) => datagram.remote.address === ELSEWHERE && ++answers > 1 ? undefined : datagram;
  await simulation.move(client, ELSEWHERE);
  await simulation.run(simulation.now.monotonicMs + 300_000);
  assert.deepEqual(movesOf(simulation.gatewayEffects), []);
  assert.deepEqual(effectsOf(simulation.gatewayEffects, "ike-sa-down").map(({ reason }) => reason), ["no-answer"]);
});

test("a client that moves on while it is looked for is looked for anew: where it was proves nothing", async () => {
  const { simulation, client } = await up();
  simulation.network.interference = (datagram) => datagram.remote.address === ELSEWHERE ? undefined : datagram;
  await simulation.move(client, ELSEWHERE);
  await simulation.run(simulation.now.monotonicMs + 10);
  await simulation.move(client, FURTHER);
  await simulation.run(simulation.now.monotonicMs + 60_000);
  assert.deepEqual(movesOf(simulation.gatewayEffects).map(({ before, remote }) => [before, remote]), [
    [`${client.address} 4500`, `${FURTHER} 4500`],
  ]);
  const { local } = effectsOf(client.effects, "addresses-updated").at(-1)!;
  assert.equal(local.address, FURTHER);
  await bothAlive(simulation, client);
});

test("what waits for its answer when a client moves is sent again from there at once", async () => {
  const { simulation, client } = await up();
  simulation.network.interference = () => undefined;
  await simulation.act(client, client.initiator.rekey(simulation.now));
  simulation.network.interference = (datagram) => datagram;
  const before = simulation.network.sent.length;
  await simulation.move(client, ELSEWHERE);
  assert.deepEqual(simulation.network.sent.slice(before).map(({ local }) => local.address), [ELSEWHERE]);
  await simulation.run();
  assert.equal(effectsOf(client.effects, "ike-sa-rekeyed").length, 1);
  // The update, which waited, went on with the IKE SA that took its place.
  assert.equal(effectsOf(client.effects, "addresses-updated").length, 1);
  assert.equal(movesOf(simulation.gatewayEffects).length, 1);
});

test("MOBIKE outlives a rekeying by either end", async () => {
  const { simulation, client } = await up();
  await simulation.act(client, client.initiator.rekey(simulation.now));
  await simulation.run();
  await simulation.move(client, ELSEWHERE);
  await simulation.run();
  const { newSpis } = effectsOf(simulation.gatewayEffects, "ike-sa-rekeyed").at(-1)!;
  await simulation.actOnGateway(simulation.gateway.rekey(newSpis, simulation.now));
  await simulation.run();
  await simulation.move(client, FURTHER);
  await simulation.run();
  assert.deepEqual(movesOf(simulation.gatewayEffects).map(({ remote }) => remote), [`${ELSEWHERE} 4500`, `${FURTHER} 4500`]);
});

test("a client that resumes agrees on MOBIKE anew", async () => {
  const { simulation, client } = await up();
  const again = simulation.addClient({ ...MOBILE, identity: client.ticket.initiatorId }, client.ticket);
  await simulation.start(again);
  await simulation.run();
  assert.deepEqual(resumptions(again), [true]);
  assert.equal(again.initiator.isMobile, true);
  await simulation.move(again, ELSEWHERE);
  await simulation.run();
  assert.equal(movesOf(simulation.gatewayEffects).length, 1);
});

test("without MOBIKE on both sides nothing moves", async () => {
  for (const [client, gateway] of [[{ mobike: false }, {}], [MOBILE, { mobike: false }]] as const) {
    const { simulation, client: stays } = await up(client, gateway);
    assert.equal(stays.initiator.isMobile, false);
    const before = simulation.network.sent.length;
    await simulation.move(stays, ELSEWHERE);
    assert.equal(simulation.network.sent.length, before);
  }
});

test("policy has its word on a move: UNACCEPTABLE_ADDRESSES, and both ends' owners are told", async () => {
  const asked: string[] = [];
  const authorizeMove: ResponderOptions["authorizeMove"] = ({ identity, before, remote }) => {
    asked.push(`${new TextDecoder().decode(identity.identification)} ${before.address} ${remote.address}`);
    return false;
  };
  const { simulation, client } = await up({}, { authorizeMove });
  await simulation.move(client, ELSEWHERE);
  await simulation.run();
  assert.deepEqual(asked, [`client1.example ${client.address} ${ELSEWHERE}`]);
  for (const effects of [client.effects, simulation.gatewayEffects]) {
    const refused = effectsOf(effects, "address-update-refused").map(({ notifyType }) => notifyType);
    assert.deepEqual(refused, [NotifyType.UNACCEPTABLE_ADDRESSES]);
  }
  assert.deepEqual(movesOf(simulation.gatewayEffects), []);
});

test("a policy that throws refuses the move", async () => {
  const authorizeMove = () => {
    throw new Error("policy is broken");
  };
  const { simulation, client } = await up({}, { authorizeMove });
  await simulation.move(client, ELSEWHERE);
  await simulation.run();
  assert.deepEqual(movesOf(simulation.gatewayEffects), []);
  assert.equal(effectsOf(client.effects, "address-update-refused").length, 1);
});

test("a gateway's other addresses are told, and a client whose gateway is silent goes on with the one that answers", async () => {
  const other = "192.0.2.99";
  const { simulation, client } = await up({}, {
    additionalAddresses: [GATEWAY_ADDRESS, other, "2001:db8::99"],
    livenessSeconds: 0,
  });
  // The first address is dead; the other one leads to the same gateway, under its own name.
  simulation.network.interference = (datagram) => {
    if (datagram.remote.address === GATEWAY_ADDRESS || datagram.local.address === GATEWAY_ADDRESS && !answersOther) {
      return undefined;
    }
    if (datagram.remote.address !== other) return { ...datagram, local: { ...datagram.local, address: other } };
    answersOther = true;
    return { ...datagram, remote: { ...datagram.remote, address: GATEWAY_ADDRESS } };
  };
  let answersOther = false;
  await simulation.act(client, client.initiator.checkLiveness(simulation.now));
  await simulation.run(simulation.now.monotonicMs + 60_000);
  assert.equal(effectsOf(client.effects, "peer-alive").length > 0, true);
  const updated = effectsOf(client.effects, "addresses-updated").at(-1)!;
  assert.equal(updated.remote.address, other);
});

test("NO_NATS_ALLOWED: without a NAT a client comes up on its own port, and behind one it is refused", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const open = simulation.addClient({ ...MOBILE, refuseNats: true });
  await simulation.start(open);
  await simulation.run();
  assert.equal(effectsOf(open.effects, "ike-sa-up").length, 1);
  assert.deepEqual(simulation.network.sent.map(({ encapsulated }) => encapsulated), [false, false, false, false]);
  await simulation.move(open, ELSEWHERE);
  await simulation.run();
  assert.equal(movesOf(simulation.gatewayEffects).length, 1);

  placeNat(simulation, FURTHER);
  await simulation.move(open, FURTHER);
  await simulation.run();
  assert.deepEqual(effectsOf(open.effects, "address-update-refused").map(({ notifyType }) => notifyType), [
    NotifyType.UNEXPECTED_NAT_DETECTED,
  ]);
  assert.equal(movesOf(simulation.gatewayEffects).length, 1);
  placeNat(simulation);
  const hidden = simulation.addClient({ ...MOBILE, refuseNats: true });
  await simulation.start(hidden);
  await simulation.run();
  assert.equal(effectsOf(hidden.effects, "ike-sa-up").length, 0);
});

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

test("only the cookie that was sent shows that a client is met: any other ends its IKE SA, and none as well", async () => {
  for (const answer of [[], [notify(COOKIE2, new Uint8Array(16))], [notify(COOKIE2, new Uint8Array(7))]]) {
    const { handmade, exchange, simulation } = await mobileHandmade();
    const { effects } = await ask(handmade, exchange, 2, update(exchange, "203.0.113.9"), "203.0.113.9");
    const [, check] = effectsOf(effects, "send");
    assert.ok(check);
    const response = await handmade.seal(exchange, answer, 0, {
      exchangeType: ExchangeType.INFORMATIONAL,
      isResponse: true,
      messageId: 0,
    });
    const { effects: after } = await handmade.deliver(response, 4500);
    assert.deepEqual(effectsOf(after, "ike-sa-down").map(({ reason }) => reason), ["protocol-error"]);
    assert.deepEqual(movesOf(after), []);
    assert.equal(simulation.gateway.establishedCount, 0);
  }
});

test("a cookie that was sent again to where a client went meanwhile does not show that it is met where it was said to be", async () => {
  const { handmade, exchange, simulation } = await mobileHandmade();
  const victim = "203.0.113.9";
  await ask(handmade, exchange, 2, update(exchange, victim), victim);
  // The cookie that was meant for the victim comes here now, where the client is.
  await ask(handmade, exchange, 3, update(exchange, handmade.address), handmade.address);
  const before = simulation.network.sent.length;
  await simulation.run(simulation.now.monotonicMs + 10_000);
  const [learnt] = simulation.network.sent.slice(before);
  assert.deepEqual(learnt.remote, endpoint(handmade.address, 4500));
  const check = decodeMessage(learnt.octets);
  assert.ok(check.ok);
  const cookie = notifyData(await handmade.open(exchange, check.value), COOKIE2);
  await ask(handmade, exchange, 4, update(exchange, victim), victim);
  const answerCheck = async (messageId: number, data: Uint8Array) => {
    const header = { exchangeType: ExchangeType.INFORMATIONAL, isResponse: true, messageId };
    return (await handmade.deliver(await handmade.seal(exchange, [notify(COOKIE2, data)], 0, header), 4500)).effects;
  };
  const effects = await answerCheck(0, cookie!);
  assert.deepEqual(movesOf(effects), []);
  // It is asked once more, with another cookie, which goes to the victim alone.
  const [again] = effectsOf(effects, "send");
  assert.deepEqual(again.datagram.remote, endpoint(victim, 4500));
  assert.equal(simulation.gateway.establishedCount, 1);
});

test("an address that a client only says it is at is not its own: no Child SA is made for the traffic of whoever is there", async () => {
  for (const mobike of [true, false]) {
    const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { livenessSeconds: 0 } });
    const handmade = new HandmadeClient(simulation, "203.0.113.7", 4500);
    // Without MOBIKE: behind a NAT, it says, and is followed to wherever its requests seem to come from.
    const detection = [NAT_DETECTION_SOURCE_IP, NAT_DETECTION_DESTINATION_IP].map((type) => notify(type, new Uint8Array(20)));
    const exchange = await handmade.init({ extra: mobike ? [] : detection });
    const { effects } = await handmade.auth(exchange, { add: mobike ? [notify(MOBIKE_SUPPORTED)] : [] });
    assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
    const victim = "203.0.113.9";
    const asked = await ask(handmade, exchange, 2, mobike ? update(exchange, victim) : [], victim);
    assert.equal(movesOf(asked.effects).length, mobike ? 0 : 1);
    const any = { ...effectsOf(effects, "child-sa-up")[0].childSa, remoteSelectors: [anyIpv4Selector()] };
    const request = await handmade.seal(exchange, childOffer(any), 3, { exchangeType: ExchangeType.CREATE_CHILD_SA });
    const { effects: made } = await handmade.deliver(request, 4500);
    const { childSa } = effectsOf(made, "child-sa-up")[0];
    assert.deepEqual(childSa.remoteSelectors.map(({ startAddress, endAddress }) => [[...startAddress], [...endAddress]]), [
      [[203, 0, 113, 7], [203, 0, 113, 7]],
    ]);
  }
});

test("an address that IKE_AUTH alone came from is not the client's own: it has that of its first message", async () => {
  for (const mobike of [true, false]) {
    const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { livenessSeconds: 0 } });
    const handmade = new HandmadeClient(simulation, "203.0.113.7", 4500);
    const detection = [NAT_DETECTION_SOURCE_IP, NAT_DETECTION_DESTINATION_IP].map((type) => notify(type, new Uint8Array(20)));
    const exchange = await handmade.init({ extra: detection });
    const [TSi, TSr] = (["TSi", "TSr"] as const).map((type): Payload => ({ type, selectors: [anyIpv4Selector()] }));
    const changes = { replace: [TSi, TSr], add: mobike ? [notify(MOBIKE_SUPPORTED)] : [] };
    const request = await handmade.authRequest(exchange, undefined, changes);
    const victim = new HandmadeClient(simulation, "203.0.113.9", 4500);
    const { effects } = await victim.deliver(request);
    const [{ childSa }] = effectsOf(effects, "child-sa-up");
    assert.deepEqual(childSa.remoteSelectors.map(({ startAddress }) => [...startAddress]), [[203, 0, 113, 7]]);
    const any = { ...childSa, remoteSelectors: [anyIpv4Selector()] };
    const another = await handmade.seal(exchange, childOffer(any), 2, { exchangeType: ExchangeType.CREATE_CHILD_SA });
    const { effects: made } = await victim.deliver(another);
    const [{ childSa: second }] = effectsOf(made, "child-sa-up");
    assert.deepEqual(second.remoteSelectors, childSa.remoteSelectors);
  }
});

test("a client that is back where it was before its update was answered tells its gateway anew", async () => {
  const { simulation, client } = await up();
  // Of the copies of the update the one from the other address is the only one that gets through.
  simulation.network.interference = (datagram) => datagram.local.address === ELSEWHERE ? undefined : datagram;
  await simulation.move(client, ELSEWHERE);
  await simulation.move(client, FURTHER);
  await simulation.move(client, ELSEWHERE);
  simulation.network.interference = (datagram) => datagram;
  await simulation.run();
  assert.equal(effectsOf(client.effects, "addresses-updated").at(-1)!.local.address, ELSEWHERE);
  assert.equal(movesOf(simulation.gatewayEffects).at(-1)!.remote, `${ELSEWHERE} 4500`);
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

test("a gateway tells nobody of a move that anybody but a client with MOBIKE asks for", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { livenessSeconds: 0 } });
  const handmade = new HandmadeClient(simulation, "203.0.113.7", 4500);
  const exchange = await handmade.up();
  const { answer, effects } = await ask(handmade, exchange, 2, update(exchange, "203.0.113.9"), "203.0.113.9");
  assert.deepEqual(answer, []);
  assert.deepEqual(movesOf(effects), []);
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

async function up(
  options: Partial<InitiatorOptions> = {},
  gateway: Partial<ResponderOptions> = {},
  provider: "ts" | "node" | "wasm" = "ts",
) {
  const simulation = new Simulation({ provider: await loadProvider(provider), gateway });
  return { simulation, client: await clientOf(simulation, options) };
}

async function clientOf(simulation: Simulation, options: Partial<InitiatorOptions>): Promise<SimulatedClient> {
  const client = simulation.addClient({ ...MOBILE, ...options });
  await simulation.start(client);
  await simulation.run();
  return client;
}

/** A handmade client that is up with MOBIKE, on port 4500. */
async function mobileHandmade() {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { livenessSeconds: 0 } });
  const handmade = new HandmadeClient(simulation, "203.0.113.7", 4500);
  const exchange = await handmade.init();
  const { effects } = await handmade.auth(exchange, { add: [notify(MOBIKE_SUPPORTED)] });
  assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
  return { simulation, handmade, exchange };
}

function update({ spis }: HandmadeExchange, address: string): Payload[] {
  return [notify(UPDATE_SA_ADDRESSES), ...natDetectionPayloads(spis, endpoint(address, 4500), endpoint(GATEWAY_ADDRESS, 4500))];
}

/** A handmade client's INFORMATIONAL request from an address. */
async function ask(
  handmade: HandmadeClient,
  exchange: HandmadeExchange,
  messageId: number,
  payloads: readonly Payload[],
  address: string,
) {
  const octets = await handmade.seal(exchange, payloads, messageId);
  const there = new HandmadeClient(handmade.handled, address, 4500);
  const { replies: [reply], effects } = await there.deliver(octets);
  return { answer: await handmade.open(exchange, reply), effects };
}

async function alive(simulation: Simulation, client: SimulatedClient): Promise<void> {
  await simulation.act(client, client.initiator.checkLiveness(simulation.now));
  await simulation.run();
}

async function bothAlive(simulation: Simulation, client: SimulatedClient): Promise<void> {
  const count = (effects: readonly Effect[]) => effectsOf(effects, "peer-alive").length;
  const before = [count(client.effects), count(simulation.gatewayEffects)];
  await alive(simulation, client);
  const { spis } = effectsOf(simulation.gatewayEffects, "ike-sa-up").at(-1)!;
  await simulation.actOnGateway(simulation.gateway.checkLiveness(spis, simulation.now));
  await simulation.run();
  assert.ok(count(client.effects) > before[0]);
  assert.ok(count(simulation.gatewayEffects) > before[1]);
}

function movesOf(effects: readonly Effect[]) {
  return effectsOf(effects, "peer-moved").map(({ before, remote, udpEncapsulation }) => ({
    before: `${before.address} ${before.port}`,
    remote: `${remote.address} ${remote.port}`,
    udpEncapsulation,
  }));
}

/** A NAT before clients, or before those with one address. */
function placeNat(simulation: Simulation, address?: string, portOf: () => number = () => 20_000): void {
  const nat = "203.0.113.200";
  const inside = new Map<number, { address: string; port: number }>();
  simulation.network.interference = (datagram) => {
    const { local, remote } = datagram;
    if (remote.address === nat) {
      const to = inside.get(remote.port);
      return to && { ...datagram, remote: to };
    }
    if (local.address === GATEWAY_ADDRESS || address !== undefined && local.address !== address) return datagram;
    const port = portOf() + local.port;
    inside.set(port, local);
    return { ...datagram, local: { address: nat, port } };
  };
}
