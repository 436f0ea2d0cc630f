import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultEspProposals, offerEsp } from "../../../../src/ike/ike_sa/proposals.ts";
import { notify } from "../../../../src/ike/message/notify.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../../../src/wire/constants.ts";
import { HANDMADE_ESP_SPI, HandmadeClient } from "../../../simulation/handmade_client.ts";
import { clientUp, DELETE_IKE_SA, deleteEsp, handmadeUp, informationalRequest } from "../../../simulation/handmade_up.ts";
import { notifyTypes } from "../../../simulation/messages.ts";
import { effectsOf, Simulation } from "../../../simulation/simulation.ts";

test("a repeated request gets the identical answer and does nothing twice, also when it was IKE_AUTH", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.init();
  const auth = await handmade.authRequest(exchange);
  const deletion = await handmade.seal(exchange, [deleteEsp(HANDMADE_ESP_SPI)], 2);
  for (const octets of [auth, deletion]) {
    const first = await handmade.deliver(octets);
    const second = await handmade.deliver(octets);
    assert.deepEqual(second.replies[0].octets, first.replies[0].octets);
    assert.deepEqual(second.effects.map(({ type }) => type), ["send"]);
  }
});

test("the window is 1: a request before its turn, after it, or with other octets under the same number is dropped", async () => {
  const { handmade, exchange } = await handmadeUp();
  await handmade.deliver(await handmade.seal(exchange, [], 2));
  const wrong = [
    await handmade.seal(exchange, [], 4),
    await handmade.seal(exchange, [DELETE_IKE_SA], 2),
    await handmade.seal(exchange, [DELETE_IKE_SA], 1, { exchangeType: ExchangeType.INFORMATIONAL }),
    await handmade.seal(exchange, [DELETE_IKE_SA], 0),
    await handmade.seal(exchange, [DELETE_IKE_SA], 0xffff_ffff),
  ];
  for (const octets of wrong) {
    const { effects } = await handmade.deliver(octets);
    assert.deepEqual(effects, [{ type: "dropped", reason: "message-id-outside-window" }]);
  }
  const { replies } = await handmade.deliver(await handmade.seal(exchange, [], 3));
  assert.equal(replies.length, 1);
});

test("[C-4.1] CREATE_CHILD_SA for a Child SA without its selectors gets INVALID_SYNTAX, in an exchange of its own type", async () => {
  const { handmade, exchange } = await handmadeUp();
  const request = await handmade.seal(
    exchange,
    [
      { type: "SA", proposals: offerEsp(defaultEspProposals(), HANDMADE_ESP_SPI) },
      { type: "Nonce", nonce: new Uint8Array(32) },
    ],
    2,
    { exchangeType: ExchangeType.CREATE_CHILD_SA },
  );
  const { replies: [reply] } = await handmade.deliver(request);
  assert.equal(reply.header.exchangeType, ExchangeType.CREATE_CHILD_SA);
  assert.equal(reply.header.messageId, 2);
  assert.deepEqual(notifyTypes(await handmade.open(exchange, reply)), [NotifyType.INVALID_SYNTAX]);
});

test("a protected request of another exchange is answered with INVALID_SYNTAX, and the IKE SA stays", async () => {
  const { simulation, handmade, exchange } = await handmadeUp();
  const types = [ExchangeType.IKE_SA_INIT, ExchangeType.IKE_AUTH, ExchangeType.IKE_SESSION_RESUME, 43, 255];
  for (const [index, exchangeType] of types.entries()) {
    const { replies: [reply] } = await handmade.deliver(
      await handmade.seal(exchange, [DELETE_IKE_SA], 2 + index, { exchangeType }),
    );
    assert.equal(reply.header.exchangeType, exchangeType);
    assert.deepEqual(notifyTypes(await handmade.open(exchange, reply)), [NotifyType.INVALID_SYNTAX]);
  }
  assert.equal(simulation.gateway.establishedCount, 1);
});

test("an unknown critical payload inside a request is named in the answer, and what stands beside it is not done", async () => {
  const { simulation, handmade, exchange } = await handmadeUp();
  const critical = { type: "unknown", payloadType: 200, critical: true, body: new Uint8Array(3) } as const;
  const { replies: [reply] } = await handmade.deliver(await handmade.seal(exchange, [DELETE_IKE_SA, critical], 2));
  const [refusal] = (await handmade.open(exchange, reply)).filter((payload) => payload.type === "N");
  assert.equal(refusal.notifyType, NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD);
  assert.deepEqual([...refusal.data], [200]);
  assert.equal(simulation.gateway.establishedCount, 1);
});

test("an answer of another exchange type, or to no request, is dropped", async () => {
  const { simulation, client, gateway, answered } = await clientUp();
  const answer = { exchangeType: ExchangeType.INFORMATIONAL, messageId: 2 };
  assert.deepEqual(await gateway.deliver(await gateway.seal(answered, [], answer)), [
    { type: "dropped", reason: "unexpected-response" },
  ]);
  await simulation.act(client, client.initiator.checkLiveness(simulation.now));
  for (const change of [{ ...answer, exchangeType: ExchangeType.CREATE_CHILD_SA }, { ...answer, messageId: 3 }]) {
    const effects = await gateway.deliver(await gateway.seal(answered, [], change));
    assert.deepEqual(effects, [{ type: "dropped", reason: "unexpected-response" }]);
  }
  const effects = await gateway.deliver(await gateway.seal(answered, [notify(NotifyType.COOKIE)], answer));
  assert.deepEqual(effects.map(({ type }) => type), ["peer-alive"]);
});

test("a client does not follow its gateway, wherever a copy of a message comes from", async () => {
  const { client, gateway, answered, simulation: other } = await clientUp();
  const octets = await gateway.seal(answered, [], informationalRequest(0));
  const step = client.initiator.receive({
    octets,
    local: { address: client.address, port: 4500 },
    remote: { address: "198.18.0.1", port: 4500 },
    encapsulated: true,
  }, other.now);
  await other.act(client, step);
  await other.act(client, client.initiator.checkLiveness(other.now));
  assert.equal(other.network.sent.at(-1)!.remote.address, "192.0.2.1");
});

test("an IKE SA that is gone is told once, whatever comes after", async () => {
  const { client, gateway, answered } = await clientUp();
  const deletion = await gateway.seal(answered, [DELETE_IKE_SA], informationalRequest(0));
  assert.equal(effectsOf(await gateway.deliver(deletion), "ike-sa-down").length, 1);
  assert.deepEqual(await gateway.deliver(deletion), [{ type: "dropped", reason: "no-such-sa" }]);
  assert.equal(client.initiator.waitsFor, "nothing");
});
