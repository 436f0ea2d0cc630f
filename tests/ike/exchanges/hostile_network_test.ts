import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChildSa } from "../../../src/ike/child_sa/child_sa.ts";
import type { SpiPair } from "../../../src/ike/ike_sa/spi.ts";
import type { Effect } from "../../../src/ike/states/effect.ts";
import { loadProvider, PROVIDER_NAMES } from "../../../src/providers/mod.ts";
import { MemoryTicketClaims } from "../../../src/store/memory_claims.ts";
import { assertSameKeys, resumptions } from "../../simulation/coming_back.ts";
import type { NetworkConditions } from "../../simulation/network.ts";
import { effectsOf, type SimulatedClient, Simulation } from "../../simulation/simulation.ts";

const HOSTILE: NetworkConditions = { loss: 0.2, duplication: 0.1, minimumDelayMs: 1, maximumDelayMs: 400 };
/** Patient enough that a fifth of everything may be lost. */
const PATIENT = { initialMs: 500, factor: 1.5, maximumMs: 2_000, attempts: 25, jitter: 0.3 };
const CLIENTS = 30;
const SEEDS = 24;

for (let seed = 1; seed <= SEEDS; seed++) {
  const names = seed === 1 ? PROVIDER_NAMES : ["ts"] as const;
  // A gateway that asks everyone for a cookie, one that asks and asks not by turns, one that never asks.
  const cookieThreshold = [0, 4, 8_192][seed % 3];
  for (const name of names) {
    test(`a crowd comes up, loses its gateway and resumes over a network that loses, doubles and reorders: seed ${seed} (${name})`, async () => {
      const gateway = { cookieThreshold, retransmission: PATIENT, livenessSeconds: 0 };
      const simulation = new Simulation({ provider: await loadProvider(name), seed, conditions: HOSTILE, gateway });
      const crowd = Array.from({ length: CLIENTS }, () => simulation.addClient({ retransmission: PATIENT }));
      await simulation.start(...crowd);
      await simulation.run();
      assertAllUp(simulation, crowd, false);

      const lost = simulation.gatewayHappenings.splice(0).length;
      assert.ok(lost >= 2 * CLIENTS);
      simulation.restartGateway();
      const returned = crowd.map(({ ticket }) =>
        simulation.addClient({ identity: ticket.initiatorId, retransmission: PATIENT }, ticket)
      );
      await simulation.start(...returned);
      await simulation.run();
      assertAllUp(simulation, returned, true);
      const { claims } = simulation.services;
      assert.ok(claims instanceof MemoryTicketClaims);
      assert.equal(claims.size, CLIENTS);

      await simulation.run(simulation.network.nowMs + 31_000);
      assert.equal(simulation.gateway.halfOpenCount, 0);
      assert.equal(simulation.gateway.establishedCount, CLIENTS);
      assert.equal(simulation.gateway.deadline, undefined);
    });
  }
}

test("everything that a crowd may do at once over a bad network leaves both ends agreed on who is up", async () => {
  for (const seed of [101, 102, 103, 104]) {
    const simulation = new Simulation({
      provider: await loadProvider("ts"),
      seed,
      conditions: HOSTILE,
      gateway: { retransmission: PATIENT },
    });
    const crowd = Array.from({ length: CLIENTS }, () => simulation.addClient({ retransmission: PATIENT }));
    await simulation.start(...crowd);
    await simulation.run();
    // A third deletes, a third is deleted, a third asks for signs of life; some of it crosses.
    for (const [index, client] of crowd.entries()) {
      const { spis } = effectsOf(client.effects, "ike-sa-up")[0];
      const { initiator } = client;
      if (index % 3 === 0) await simulation.act(client, initiator.close(simulation.now));
      if (index % 3 === 1 || index % 6 === 0) await simulation.actOnGateway(simulation.gateway.close(spis, simulation.now));
      if (index % 3 === 2) await simulation.act(client, initiator.checkLiveness(simulation.now));
      if (index % 6 === 2) await simulation.actOnGateway(simulation.gateway.checkLiveness(spis, simulation.now));
    }
    await simulation.run(simulation.network.nowMs + 120_000);
    const up = crowd.filter(({ initiator }) => initiator.waitsFor === "requests");
    assert.equal(up.length, CLIENTS / 3);
    assert.equal(simulation.gateway.establishedCount, CLIENTS / 3);
    assert.equal(simulation.gateway.halfOpenCount, 0);
    for (const client of crowd) assert.equal(effectsOf(client.effects, "ike-sa-down").length, up.includes(client) ? 0 : 1);
  }
});

function assertAllUp(simulation: Simulation, crowd: readonly SimulatedClient[], resumed: boolean): void {
  const ofGateway = childSas(simulation.gatewayEffects);
  for (const client of crowd) {
    assert.deepEqual(resumptions(client), [resumed]);
    assert.equal(client.initiator.waitsFor, "requests");
    assert.equal(client.initiator.deadline, undefined);
    const [[name, childSa]] = childSas(client.effects);
    assertSameKeys(childSa, ofGateway.get(name)!);
  }
  // Neither doubled nor reordered requests made a second IKE SA.
  assert.equal(effectsOf(simulation.gatewayEffects, "ike-sa-up").length, CLIENTS);
  assert.equal(ofGateway.size, CLIENTS);
  const keys = [...ofGateway.values()].map(({ inbound }) => inbound.encryptionKey.toString());
  assert.equal(new Set(keys).size, CLIENTS);
}

function childSas(effects: readonly Effect[]): Map<string, ChildSa> {
  return new Map(effectsOf(effects, "child-sa-up").map(({ spis, childSa }) => [nameOf(spis), childSa]));
}

function nameOf({ initiatorSpi, responderSpi }: SpiPair): string {
  return `${initiatorSpi} ${responderSpi}`;
}
