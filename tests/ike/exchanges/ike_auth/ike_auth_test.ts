import assert from "node:assert/strict";
import { test } from "node:test";
import { notify } from "../../../../src/ike/message/notify.ts";
import type { ResponderOptions } from "../../../../src/ike/responder.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { AuthenticationMethod, ExchangeType, NotifyType } from "../../../../src/wire/constants.ts";
import type { Payload } from "../../../../src/wire/payload.ts";
import { HANDMADE_IDENTITY, HandmadeClient } from "../../../simulation/handmade_client.ts";
import { type AuthAnswerChanges, HandmadeGateway } from "../../../simulation/handmade_gateway.ts";
import { notifyData, notifyTypes } from "../../../simulation/messages.ts";
import { effectsOf, fqdn, PRESHARED_KEY, Simulation } from "../../../simulation/simulation.ts";
import { testEveryProvider } from "../../every_provider.ts";

test("[C-3.10] IKE_AUTH has message ID 1, and any other is dropped", async () => {
  const { simulation, handmade } = await withHandmade();
  const exchange = await handmade.init();
  const request = await handmade.authRequest(exchange);
  const payloads = await handmade.authPayloads(exchange);
  for (const messageId of [0, 2, 3, 0xffff_ffff]) {
    const octets = await handmade.seal(exchange, payloads, messageId, { exchangeType: ExchangeType.IKE_AUTH });
    assert.deepEqual((await handmade.deliver(octets)).effects, [{ type: "dropped", reason: "message-id-outside-window" }]);
  }
  const { replies: [reply] } = await handmade.deliver(request);
  assert.equal(reply.header.messageId, 1);
  // The next request has 2, and the gateway's own first has 0.
  assert.equal((await handmade.deliver(await handmade.seal(exchange, [], 2))).replies[0].header.messageId, 2);
  await simulation.actOnGateway(simulation.gateway.checkLiveness(exchange.spis, simulation.now));
  assert.equal(simulation.network.sent.at(-1)!.octets[23], 0);
});

testEveryProvider(
  "a client with the wrong shared key is refused with AUTHENTICATION_FAILED, under protection",
  async (provider) => {
    const simulation = new Simulation({ provider });
    const client = simulation.addClient({ presharedKey: new TextEncoder().encode("another key") });
    await simulation.start(client);
    await simulation.run();
    assert.deepEqual(effectsOf(client.effects, "ike-sa-down").map(({ reason }) => reason), ["authentication-failed"]);
    assert.deepEqual(effectsOf(simulation.gatewayEffects, "ike-sa-up"), []);
    assert.equal(simulation.gateway.establishedCount, 0);
  },
);

test("an unknown client, a wrong AUTH, another method, or none get the same answer, and the same request again its repetition", async () => {
  const known = "handmade.example";
  const presharedKeyOf: ResponderOptions["presharedKeyOf"] = ({ identification }) =>
    new TextDecoder().decode(identification) === known ? PRESHARED_KEY : undefined;
  const auth = (method: number, length: number): Payload => ({ type: "AUTH", method, data: new Uint8Array(length) });
  const cases = [
    { initiatorId: fqdn("nobody.example"), changes: {} },
    { initiatorId: { ...HANDMADE_IDENTITY, idType: 11 }, changes: { realMessage: new Uint8Array(3) } },
    { initiatorId: HANDMADE_IDENTITY, changes: { realMessage: new Uint8Array(3) } },
    { initiatorId: HANDMADE_IDENTITY, changes: { replace: [auth(2, 32)] } },
    { initiatorId: HANDMADE_IDENTITY, changes: { replace: [auth(2, 0)] } },
    { initiatorId: HANDMADE_IDENTITY, changes: { replace: [auth(AuthenticationMethod.NULL_AUTHENTICATION, 32)] } },
    { initiatorId: HANDMADE_IDENTITY, changes: { omit: ["AUTH" as const] } },
    { initiatorId: HANDMADE_IDENTITY, changes: { omit: ["IDi" as const] } },
  ];
  for (const { initiatorId, changes } of cases) {
    const { simulation, handmade } = await withHandmade({ presharedKeyOf });
    const exchange = await handmade.init();
    const request = await handmade.authRequest(exchange, { initiatorId }, changes);
    const { replies: [reply], effects } = await handmade.deliver(request);
    assert.deepEqual(await handmade.open(exchange, reply), [notify(NotifyType.AUTHENTICATION_FAILED)]);
    assert.deepEqual(effectsOf(effects, "ike-sa-down").map(({ reason }) => reason), ["authentication-failed"]);
    const omits = (type: string) => "omit" in changes && changes.omit?.some((one) => one === type);
    assert.deepEqual(effectsOf(effects, "authentication-failed"), [{
      type: "authentication-failed",
      spis: exchange.spis,
      method: omits("AUTH") ? "eap" : "shared-key",
      ...(omits("IDi") ? {} : { claimedId: initiatorId }),
      remote: { address: handmade.address, port: 500 },
    }]);
    const again = await handmade.deliver(request);
    assert.deepEqual(again.replies[0].octets, reply.octets);
    assert.deepEqual(again.effects.map(({ type }) => type), ["send"]);
    // Refused is refused: the right request comes too late, and the rest of it is gone with the half-open time.
    const late = await handmade.deliver(await handmade.authRequest(exchange));
    assert.deepEqual(late.effects, [{ type: "dropped", reason: "refused-before" }]);
    await simulation.run(31_000);
    assert.equal(simulation.gateway.halfOpenCount, 0);
  }
});

test("a client refuses a gateway with another identity, another key, another method, or no proof", async () => {
  const wrong: readonly AuthAnswerChanges[] = [
    { identity: fqdn("another.gateway") },
    { identity: { ...fqdn("gateway.example"), idType: 11 } },
    { presharedKey: new Uint8Array(8) },
    { omit: ["AUTH"] },
    { omit: ["IDr"] },
    { replace: [{ type: "AUTH", method: 2, data: new Uint8Array(32) }] },
    { replace: [{ type: "AUTH", method: AuthenticationMethod.NULL_AUTHENTICATION, data: new Uint8Array(32) }] },
    // What the gateway says of itself is not what it signed.
    { replace: [{ type: "IDr", ...fqdn("another.gateway") }] },
  ];
  for (const changes of wrong) {
    const { simulation, client, gateway, answered } = await atAuth();
    // Whoever answered IKE_SA_INIT, the real answer may still be under way.
    assert.deepEqual(await gateway.deliver(await gateway.authAnswer(answered, changes)), []);
    await simulation.run();
    assert.deepEqual(effectsOf(client.effects, "ike-sa-down").map(({ reason }) => reason), ["authentication-failed"]);
    assert.equal(client.initiator.waitsFor, "nothing");
  }
});

test("a client that expects no particular gateway accepts any with the shared key, and keeps its identity", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = await simulation.clientWithTicket({ peerIdentity: undefined });
  assert.deepEqual(effectsOf(client.effects, "ike-sa-up")[0].responderId, fqdn("gateway.example"));
  assert.deepEqual(client.ticket.responderId, fqdn("gateway.example"));
});

test("an unknown critical payload inside SK is named in the answer, and no IKE SA comes of it", async () => {
  const { simulation, handmade } = await withHandmade();
  const exchange = await handmade.init();
  const critical: Payload = { type: "unknown", payloadType: 222, critical: true, body: new Uint8Array(4) };
  const { answer, effects } = await handmade.auth(exchange, { add: [critical] });
  assert.deepEqual([...notifyData(answer, NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD)!], [222]);
  assert.deepEqual(effectsOf(effects, "ike-sa-up"), []);
  assert.equal(simulation.gateway.establishedCount, 0);
});

test("an unknown payload that is not critical, and vendor IDs, change nothing", async () => {
  const { handmade } = await withHandmade();
  const { effects } = await handmade.auth(await handmade.init(), {
    add: [
      { type: "unknown", payloadType: 222, critical: false, body: new Uint8Array(4) },
      { type: "V", vendorId: new Uint8Array(16) },
      notify(60_000),
    ],
  });
  assert.equal(effectsOf(effects, "child-sa-up").length, 1);
});

test("payloads in any order are accepted", async () => {
  const { handmade } = await withHandmade();
  const exchange = await handmade.init();
  const payloads = [...await handmade.authPayloads(exchange)].reverse();
  const { effects } = await handmade.deliver(await handmade.seal(exchange, payloads));
  assert.equal(effectsOf(effects, "child-sa-up").length, 1);
});

test("a public value that is none never leads to an IKE SA, and IKE_AUTH after it is dropped", async () => {
  const values = [
    { group: 31, publicValue: new Uint8Array(32) },
    { group: 19, publicValue: new Uint8Array(64).fill(1) },
    { group: 14, publicValue: new Uint8Array(256) },
  ];
  for (const { group, publicValue } of values) {
    const { simulation, handmade } = await withHandmade();
    const exchange = await handmade.init({ pair: await handmade.keyPair(group), publicValue });
    for (let times = 0; times < 3; times++) {
      const { effects } = await handmade.deliver(await handmade.authRequest(exchange));
      assert.deepEqual(effects.map(({ type }) => type), ["dropped"]);
    }
    assert.equal(simulation.gateway.establishedCount, 0);
  }
  const { handmade } = await withHandmade();
  for (const length of [0, 31, 33]) {
    const request = await handmade.initRequest({ publicValue: new Uint8Array(length).fill(9) });
    assert.deepEqual((await handmade.deliver(request)).effects, [{ type: "dropped", reason: "malformed" }]);
  }
});

test("the work that a public value that is none makes is done once, however often IKE_AUTH is sent", async () => {
  const { simulation, handmade } = await withHandmade();
  const { keyExchange } = simulation.services;
  const exchange = await handmade.init({ publicValue: new Uint8Array(32) });
  let agreements = 0;
  const services = {
    ...simulation.services,
    keyExchange: {
      ...keyExchange,
      agree: (...both: Parameters<typeof keyExchange.agree>) => {
        agreements++;
        return keyExchange.agree(...both);
      },
    },
  };
  const request = await handmade.authRequest(exchange);
  for (let times = 0; times < 5; times++) {
    await handmade.run(simulation.gateway.receive(handmade.datagram(request), simulation.now), services);
  }
  assert.equal(agreements, 1);
});

test("IKE_AUTH without a Child SA makes the IKE SA alone", async () => {
  const { handmade } = await withHandmade();
  const { answer, effects } = await handmade.auth(await handmade.init(), { omit: ["SA", "TSi", "TSr"] });
  assert.deepEqual(answer.map(({ type }) => type), ["IDr", "AUTH"]);
  assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
  assert.deepEqual(notifyTypes(answer), []);
});

async function withHandmade(
  gateway: Partial<ResponderOptions> = {},
): Promise<{ simulation: Simulation; handmade: HandmadeClient }> {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway });
  return { simulation, handmade: new HandmadeClient(simulation) };
}

/** A client that has sent IKE_AUTH to a handmade gateway. */
async function atAuth() {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = simulation.addClient();
  const gateway = new HandmadeGateway(simulation, client);
  await simulation.start(client);
  return { simulation, client, gateway, answered: await gateway.answerInit() };
}
