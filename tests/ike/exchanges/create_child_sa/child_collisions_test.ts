/** Exchanges about Child SAs that cross: RFC 4718, section 5.11, as RFC 7296 decided later (sections 2.8.1 and 2.25). */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChildOrder } from "../../../../src/ike/exchanges/create_child_sa/child_orders.ts";
import type { Datagram } from "../../../../src/ike/steps/datagram.ts";
import { ExchangeType } from "../../../../src/wire/constants.ts";
import { decoded } from "../../../simulation/messages.ts";
import { effectsOf } from "../../../simulation/simulation.ts";
import { SeededRandom } from "../../../simulation/seeded_random.ts";
import { ChildScene, type End, ENDS } from "./child_scene.ts";
import { newest } from "./rekeyed.ts";

const { CREATE_CHILD_SA, INFORMATIONAL } = ExchangeType;

for (const end of ENDS) {
  const other = otherThan(end);

  test(`[C-5.11.1] both ends delete the same Child SA: it is gone at both, told once, whoever is heard first (${end})`, async () => {
    const scene = await ChildScene.up({ client: { childSas: { remake: false } } });
    await deleteAt(scene, end);
    await deleteAt(scene, other);
    await scene.settle();
    scene.assertAgreed(0);
    for (const one of ENDS) assert.equal(scene.count(one, "child-sa-down"), 1);
  });

  test(`[C-5.11.3] the ${end}'s offer is lost: the ${other} has rekeyed and deleted before it comes again, and nothing more comes of it`, async () => {
    const scene = await ChildScene.up();
    loseFirst(scene, end, CREATE_CHILD_SA, false);
    await rekeyAt(scene, end);
    await rekeyAt(scene, other);
    await scene.settle(60_000);
    scene.assertAgreed(1);
    for (const one of ENDS) {
      assert.deepEqual(effectsOf(scene.effects(one), "child-sa-rekeyed").map(({ byUs }) => byUs), [one === other]);
      assert.equal(scene.count(one, "child-sa-rekey-failed"), 0);
    }
  });

  test(`[C-5.11.5] the ${end} deletes a Child SA that the ${other} is rekeying: it is gone at both, and nothing has taken its place`, async () => {
    for (const first of ENDS) {
      const scene = await ChildScene.up({ client: { childSas: { remake: false } } });
      const begin = (one: End) => one === end ? deleteAt(scene, one) : rekeyAt(scene, one);
      await begin(first);
      await begin(otherThan(first));
      await scene.settle(60_000);
      scene.assertAgreed(0);
      for (const one of ENDS) {
        assert.equal(scene.count(one, "child-sa-rekeyed"), 0);
        assert.equal(scene.count(one, "child-sa-down"), 1);
      }
    }
  });

  test(`[C-5.11.6] the ${other} deletes the Child SA that the ${end} has just made, whose answer is late: both know that it is gone`, async () => {
    for (const kind of ["create", "rekey"] as const) {
      const scene = await ChildScene.up({ client: { childSas: { remake: false } } });
      loseFirst(scene, other, CREATE_CHILD_SA, true);
      if (kind === "create") await createAt(scene, end);
      else await rekeyAt(scene, end);
      await scene.settle(10);
      await deleteAt(scene, other);
      await scene.settle(60_000);
      scene.assertAgreed(kind === "create" ? 1 : 0);
    }
  });

  test(`[C-5.11.7] the ${other} rekeys the Child SA that the ${end} has just made, whose answer is late: both agree on what there is`, async () => {
    const scene = await ChildScene.up();
    loseFirst(scene, other, CREATE_CHILD_SA, true);
    await createAt(scene, end);
    await scene.settle(10);
    assert.equal(scene.childSas(other).length, 2);
    await rekeyAt(scene, other);
    await scene.settle(60_000);
    // The one that the other end did not know yet is gone at both, and another was made from scratch where none carries its traffic.
    scene.assertAgreed(1);
  });

  test(`[C-5.11.8] the ${end} rekeys the IKE SA while the ${other} makes, rekeys or deletes a Child SA: neither is done by halves`, async () => {
    for (const begin of [createAt, rekeyAt, deleteAt]) {
      for (const first of ENDS) {
        const scene = await ChildScene.up({ client: { childSas: { remake: false } } });
        const count = begin === createAt ? 2 : begin === rekeyAt ? 1 : 0;
        const act = (one: End) => one === end ? rekeyIkeAt(scene, one) : begin(scene, one);
        await act(first);
        await act(otherThan(first));
        await scene.settle(60_000);
        scene.assertAgreed(count);
        assert.equal(scene.simulation.gateway.establishedCount, 1);
        await scene.settle(60_000);
        await assertAlive(scene);
        const { sent } = scene.simulation.network;
        assert.equal(decoded(sent.at(-1)!.octets).header.responderSpi, newest(scene.client).responderSpi);
      }
    }
  });
}

test("[C-5.11.2] both ends delete the IKE SA: it is gone at both, also where neither answer arrives", async () => {
  for (const isLossy of [false, true]) {
    const scene = await ChildScene.up();
    const { simulation, client } = scene;
    if (isLossy) {
      simulation.network.interference = (datagram) => decoded(datagram.octets).header.isResponse ? undefined : datagram;
    }
    const spis = newest(client);
    await simulation.act(client, client.initiator.close(simulation.now));
    await simulation.actOnGateway(simulation.gateway.close(spis, simulation.now));
    await scene.settle();
    for (const one of ENDS) assert.equal(scene.count(one, "ike-sa-down"), 1);
    assert.equal(simulation.gateway.establishedCount, 0);
    assert.equal(client.initiator.waitsFor, "nothing");
  }
});

test("[C-5.11.3] [C-5.10] both ends rekey one Child SA: the one with the lowest nonce goes, deleted by who made it, and both agree", async () => {
  const winners = new Set<End>();
  for (let times = 0; times < 12; times++) {
    const scene = await ChildScene.up({ seed: times + 1 });
    const before = scene.simulation.network.sent.length;
    for (const end of ENDS) await rekeyAt(scene, end);
    await scene.settle();
    scene.assertAgreed(1);
    const winner = ENDS.find((end) =>
      effectsOf(scene.effects(end), "child-sa-rekeyed").some(({ byUs, isRedundant }) => byUs && !isRedundant)
    )!;
    winners.add(winner);
    const loser = otherThan(winner);
    assert.deepEqual(
      effectsOf(scene.effects(loser), "child-sa-rekeyed").map(({ byUs, isRedundant }) => [byUs, isRedundant]),
      [[false, false], [true, true]],
    );
    // Each deletes one: the loser its own new one, the winner the old one.
    const deletes = scene.simulation.network.sent.slice(before).map(({ octets }) => decoded(octets).header)
      .filter(({ exchangeType, isResponse }) => exchangeType === INFORMATIONAL && !isResponse);
    assert.deepEqual(new Set(deletes.map(({ fromInitiator }) => fromInitiator)), new Set([true, false]));
    assert.equal(deletes.length, 2);
    for (const one of ENDS) assert.equal(scene.count(one, "child-sa-down"), 2);
  }
  assert.equal(winners.size, 2);
});

test("[C-5.11.3] [C-5.11.8] whatever both ends begin at any moment, over a network that loses, doubles and reorders, they agree in the end", async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const scene = await ChildScene.up({ client: { childSas: { remake: false } } });
    const { simulation } = scene;
    const random = new SeededRandom(1_000 + seed);
    simulation.network.conditions = { loss: 0.15, duplication: 0.1, minimumDelayMs: 5, maximumDelayMs: 400 };
    for (let times = 0; times < 25; times++) {
      const end = ENDS[Math.floor(random.number() * 2)];
      const choice = random.number();
      if (choice < 0.5) await rekeyAt(scene, end);
      else if (choice < 0.75) await createAt(scene, end);
      else if (choice < 0.9) await deleteAt(scene, end);
      else await rekeyIkeAt(scene, end);
      await scene.settle(random.number() * 500);
    }
    await scene.settle(300_000);
    assert.equal(simulation.gateway.establishedCount, 1);
    scene.assertAgreed(scene.childSas("client").length);
  }
});

function otherThan(end: End): End {
  return end === "client" ? "gateway" : "client";
}

async function ask(scene: ChildScene, end: End, order: ChildOrder | undefined): Promise<void> {
  if (order) await scene.order(end, order);
}

function inboundSpi(scene: ChildScene, end: End): number | undefined {
  return scene.childSa(end)?.inboundSpi;
}

async function deleteAt(scene: ChildScene, end: End): Promise<void> {
  const spi = inboundSpi(scene, end);
  await ask(scene, end, spi === undefined ? undefined : { kind: "delete", inboundSpi: spi });
}

async function rekeyAt(scene: ChildScene, end: End): Promise<void> {
  const spi = inboundSpi(scene, end);
  await ask(scene, end, spi === undefined ? undefined : { kind: "rekey", inboundSpi: spi });
}

async function createAt(scene: ChildScene, end: End): Promise<void> {
  const known = effectsOf(scene.effects(end), "child-sa-up")[0].childSa;
  const { localSelectors, remoteSelectors } = known;
  await ask(scene, end, { kind: "create", traffic: { localSelectors, remoteSelectors } });
}

async function rekeyIkeAt({ simulation, client }: ChildScene, end: End): Promise<void> {
  if (end === "client") await simulation.act(client, client.initiator.rekey(simulation.now));
  else await simulation.actOnGateway(simulation.gateway.rekey(newest(client), simulation.now));
}

async function assertAlive(scene: ChildScene): Promise<void> {
  const { simulation, client } = scene;
  const before = scene.count("client", "peer-alive");
  await simulation.act(client, client.initiator.checkLiveness(simulation.now));
  await scene.settle();
  assert.equal(scene.count("client", "peer-alive"), before + 1);
}

/** The first message of this kind that an end sends from now on does not arrive. */
function loseFirst({ simulation: { network }, client }: ChildScene, end: End, exchangeType: number, isResponse: boolean): void {
  let isLost = false;
  network.interference = (datagram: Datagram) => {
    const { header } = decoded(datagram.octets);
    const isFrom = (datagram.local.address === client.address) === (end === "client");
    if (isLost || !isFrom || header.exchangeType !== exchangeType || header.isResponse !== isResponse) return datagram;
    isLost = true;
    return undefined;
  };
}
