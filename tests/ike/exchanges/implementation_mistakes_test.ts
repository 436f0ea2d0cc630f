/**
 * What others did wrong, by the list of RFC 4718, section 8.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { notify } from "../../../src/ike/message/notify.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import type { TrafficSelector } from "../../../src/wire/payload.ts";
import { clientUp, deleteEsp, handmadeUp, informationalRequest } from "../../simulation/handmade_up.ts";
import { HANDMADE_ESP_SPI } from "../../simulation/handmade_client.ts";
import { decoded } from "../../simulation/messages.ts";
import { effectsOf, Simulation } from "../../simulation/simulation.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { ChildScene, ENDS } from "./create_child_sa/child_scene.ts";
import { newest } from "./create_child_sa/rekeyed.ts";

for (const rekeying of ENDS) {
  test(`[C-8] once a Child SA is rekeyed by the ${rekeying}, both ends are told to send on the new one, and lose the old one's keys with its DELETE`, async () => {
    const scene = await ChildScene.up();
    const old = ENDS.map((end) => scene.childSa(end));
    await scene.order(rekeying, { kind: "rekey", inboundSpi: scene.childSa(rekeying).inboundSpi });
    await scene.settle();
    for (const [at, end] of ENDS.entries()) {
      const [rekeyed] = effectsOf(scene.effects(end), "child-sa-rekeyed");
      const [down] = effectsOf(scene.effects(end), "child-sa-down");
      assert.notEqual(rekeyed.childSa.outboundSpi, old[at].outboundSpi);
      assert.equal(down.childSa.inboundSpi, old[at].inboundSpi);
      for (const { encryptionKey } of [old[at].inbound, old[at].outbound]) {
        assert.ok(encryptionKey.every((octet) => octet === 0));
      }
      const order = scene.effects(end).map(({ type }) => type);
      assert.ok(order.indexOf("child-sa-rekeyed") < order.indexOf("child-sa-down"));
    }
  });

  test(`[C-8] after an IKE SA was rekeyed by the ${rekeying}, both ends count their messages from 0`, async () => {
    const scene = await ChildScene.up();
    const { simulation, client } = scene;
    const before = newest(client);
    for (let times = 0; times < 3; times++) {
      await simulation.act(client, client.initiator.checkLiveness(simulation.now));
      await scene.settle();
    }
    if (rekeying === "client") await simulation.act(client, client.initiator.rekey(simulation.now));
    else await simulation.actOnGateway(simulation.gateway.rekey(before, simulation.now));
    await scene.settle();
    const sent = simulation.network.sent.length;
    for (let times = 0; times < 2; times++) {
      await simulation.act(client, client.initiator.checkLiveness(simulation.now));
      await scene.settle();
      await simulation.actOnGateway(simulation.gateway.checkLiveness(newest(client), simulation.now));
      await scene.settle();
    }
    const { initiatorSpi } = newest(client);
    const requests = simulation.network.sent.slice(sent).map(({ octets, remote }) => ({ ...decoded(octets).header, remote }))
      .filter((header) => !header.isResponse && header.initiatorSpi === initiatorSpi);
    const idsTo = (address: string) =>
      requests.filter(({ remote }) => remote.address === address).map(({ messageId }) => messageId);
    assert.deepEqual(idsTo("192.0.2.1"), [0, 1]);
    assert.deepEqual(idsTo(client.address), [0, 1]);
  });
}

test("[C-8] all pairs of selectors of an offer are looked at, and only the last ones may be what policy allows", async () => {
  const network = (third: number): TrafficSelector => ({
    selectorType: 7,
    ipProtocol: 0,
    startPort: 0,
    endPort: 65_535,
    startAddress: Uint8Array.of(10, 9, third, 0),
    endAddress: Uint8Array.of(10, 9, third, 255),
  });
  for (const allowed of [[5], [1, 5], [0, 3, 5]]) {
    const simulation = new Simulation({
      provider: await loadProvider("ts"),
      gateway: { localSelectors: allowed.map(network), remoteSelectors: allowed.map(network) },
    });
    const all = [0, 1, 2, 3, 4, 5].map(network);
    const client = simulation.addClient({ localSelectors: all, remoteSelectors: all });
    await simulation.start(client);
    await simulation.run();
    const thirds = (selectors: readonly TrafficSelector[]) => selectors.map(({ startAddress }) => startAddress[2]);
    assert.deepEqual(thirds(client.childSa.remoteSelectors), allowed);
    assert.deepEqual(thirds(client.childSa.localSelectors), allowed);
  }
});

test("[C-8] the answer to a DELETE holds the other half of the pair, and no exchange of this end's own deletes it again", async () => {
  const { simulation, handmade, exchange, up } = await handmadeUp();
  const [{ childSa }] = effectsOf(up, "child-sa-up");
  const request = await handmade.seal(exchange, [deleteEsp(HANDMADE_ESP_SPI)], 2, informationalRequest(2));
  const { replies, effects } = await handmade.deliver(request);
  const [answer] = await handmade.open(exchange, replies[0]);
  assert.ok(answer.type === "D" && answer.spis.length === 1);
  assert.deepEqual(new DataView(answer.spis[0].slice().buffer).getUint32(0), childSa.inboundSpi);
  assert.deepEqual(effects.map(({ type }) => type), ["send", "child-sa-down"]);
  await simulation.run(simulation.network.nowMs + 60_000);
  assert.deepEqual(simulation.network.sent, [], "nothing else was sent");
});

test("[C-8] an end has one request under way, whatever it is asked to do: the window of its peer is 1", async () => {
  const { simulation, client, gateway, answered } = await clientUp();
  const before = simulation.network.sent.length;
  await simulation.act(client, client.initiator.requestTicket(simulation.now));
  await simulation.act(client, client.initiator.rekey(simulation.now));
  await simulation.act(client, client.initiator.checkLiveness(simulation.now));
  await simulation.act(client, client.initiator.close(simulation.now));
  const requests = () => simulation.network.sent.slice(before).map(({ octets }) => decoded(octets).header.messageId);
  assert.deepEqual(requests(), [2]);
  const alive = { exchangeType: ExchangeType.INFORMATIONAL, messageId: 2 } as const;
  await gateway.deliver(await gateway.seal(answered, [notify(NotifyType.TICKET_NACK)], alive));
  assert.deepEqual(requests(), [2, 3], "the next one, a deletion before all else");
});

test("[C-8] an end that never hears the answer to a request ends the IKE SA, and every Child SA of it", async () => {
  for (const end of ENDS) {
    const scene = await ChildScene.up();
    const { simulation, client } = scene;
    simulation.network.interference = () => undefined;
    if (end === "client") await simulation.act(client, client.initiator.checkLiveness(simulation.now));
    else await simulation.actOnGateway(simulation.gateway.checkLiveness(newest(client), simulation.now));
    await scene.settle(120_000);
    const [down, ...more] = effectsOf(scene.effects(end), "ike-sa-down");
    assert.deepEqual([down.reason, more.length], ["no-answer", 0]);
    for (const { encryptionKey } of [scene.childSa(end).inbound, scene.childSa(end).outbound]) {
      assert.ok(encryptionKey.every((octet) => octet === 0));
    }
  }
});
