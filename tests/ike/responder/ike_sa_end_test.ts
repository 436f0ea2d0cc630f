import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSelectors } from "../../../src/configuration/mod.ts";
import { notify } from "../../../src/ike/message/notify.ts";
import type { ResponderOptions } from "../../../src/ike/responder.ts";
import type { DownReason, Effect } from "../../../src/ike/states/effect.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import { copyOf } from "../../simulation/coming_back.ts";
import { HandmadeClient, type HandmadeExchange } from "../../simulation/handmade_client.ts";
import { notifyTypes } from "../../simulation/messages.ts";
import { effectsOf, GATEWAY_ADDRESS, type SimulatedClient, Simulation } from "../../simulation/simulation.ts";

/** Without jitter, so that moments are exact. */
async function simulationOf(gateway: Partial<ResponderOptions>): Promise<Simulation> {
  return new Simulation({ provider: await loadProvider("ts"), gateway: { lifetimeJitter: 0, rekeyIkeSas: false, ...gateway } });
}

function reasonsOf(effects: readonly Effect[]): DownReason[] {
  return effectsOf(effects, "ike-sa-down").map(({ reason }) => reason);
}

/** What the gateway has sent since, by the client's address. */
function sentSince(simulation: Simulation, earlier: number): number {
  return simulation.network.sent.slice(earlier).filter(({ local }) => local.address === GATEWAY_ADDRESS).length;
}

async function informational(client: HandmadeClient, exchange: HandmadeExchange, messageId: number): Promise<Effect[]> {
  const octets = await client.seal(exchange, [], messageId, { exchangeType: ExchangeType.INFORMATIONAL });
  return (await client.deliver(octets)).effects;
}

function up(simulation: Simulation): Promise<SimulatedClient> {
  return simulation.clientWithTicket();
}

test("[R-6.2-4] an IKE SA ends when its lifetime is over: its peer is told, its ticket has ended, its address is free", async () => {
  const ranges = parseSelectors("10.9.0.1-10.9.0.1");
  const simulation = await simulationOf({ ikeSaLifetimeSeconds: 600, innerAddresses: { ranges, optional: true } });
  const client = simulation.addClient({ requestInnerAddress: true });
  await simulation.start(client);
  await simulation.run();
  assert.equal(effectsOf(client.effects, "inner-address-assigned").length, 1);
  const { lifetimeSeconds } = effectsOf(simulation.gatewayEffects, "ticket-issued")[0];
  const upAtMs = simulation.gatewayHappenings.find(({ effect }) => effect.type === "ike-sa-up")!.atMs;
  assert.equal(lifetimeSeconds, 600);
  await simulation.run(upAtMs + 599_990);
  assert.deepEqual(reasonsOf(simulation.gatewayEffects), []);
  await simulation.run(upAtMs + 600_010);
  assert.deepEqual(reasonsOf(simulation.gatewayEffects), ["lifetime-over"]);
  assert.deepEqual(reasonsOf(client.effects), ["deleted-by-peer"]);
  assert.deepEqual([simulation.gateway.establishedCount, simulation.gateway.retiredCount], [0, 0]);

  const next = simulation.addClient({ requestInnerAddress: true });
  await simulation.start(next);
  await simulation.run();
  assert.equal(effectsOf(next.effects, "inner-address-assigned").length, 1);
});

test("[R-6.2-4] a ticket that is granted late in an IKE SA's life lives no longer than what is left of it", async () => {
  const simulation = await simulationOf({ ikeSaLifetimeSeconds: 600 });
  const client = await up(simulation);
  await simulation.run(400_000);
  await simulation.act(client, client.initiator.requestTicket(simulation.now));
  await simulation.run();
  const lifetimes = effectsOf(simulation.gatewayEffects, "ticket-issued").map(({ lifetimeSeconds }) => lifetimeSeconds);
  assert.deepEqual(lifetimes, [600, 200]);
});

test("[R-6.2-4] rekeying gives an IKE SA its lifetime anew, and the ticket that goes with it", async () => {
  const simulation = await simulationOf({ ikeSaLifetimeSeconds: 600 });
  const client = await up(simulation);
  await simulation.run(400_000);
  await simulation.act(client, client.initiator.rekey(simulation.now));
  await simulation.run();
  assert.deepEqual(effectsOf(simulation.gatewayEffects, "ticket-issued").map(({ lifetimeSeconds }) => lifetimeSeconds), [
    600,
    600,
  ]);
  await simulation.run(999_000);
  assert.deepEqual(reasonsOf(simulation.gatewayEffects), []);
  await simulation.run(1_000_100);
  assert.deepEqual(reasonsOf(simulation.gatewayEffects), ["lifetime-over"]);
});

test("[R-5-7] an IKE SA that was not reauthenticated in time ends, rekeyed or not, and takes its tickets with it", async () => {
  for (const rekeys of [false, true]) {
    const simulation = await simulationOf({ reauthenticationSeconds: 300 });
    const client = await up(simulation);
    if (rekeys) {
      await simulation.run(250_000);
      await simulation.actOnGateway(
        simulation.gateway.rekey(effectsOf(client.effects, "ike-sa-up")[0].spis, simulation.now),
      );
      await simulation.run();
      assert.equal(effectsOf(client.effects, "ike-sa-rekeyed").length, 1);
    }
    await simulation.run(299_900);
    assert.deepEqual(reasonsOf(simulation.gatewayEffects), []);
    const ticket = rekeys ? undefined : copyOf(client.ticket);
    await simulation.run(300_100);
    assert.deepEqual(reasonsOf(simulation.gatewayEffects), ["not-reauthenticated"]);
    assert.equal(simulation.gateway.establishedCount, 0);
    if (ticket) {
      // Should the wall clock be set back, the ticket is not good again.
      simulation.wallClockOffsetSeconds = -100;
      const handmade = new HandmadeClient(simulation);
      const { replies: [reply] } = await handmade.deliver(handmade.resumeRequest(ticket.ticket, new Uint8Array(32).fill(7)));
      assert.deepEqual(notifyTypes(reply.payloads), [NotifyType.TICKET_NACK]);
    }
  }
});

test("an IKE SA that has ended answers nothing new, is told of once, and is forgotten when its DELETE was sent in vain", async () => {
  const simulation = await simulationOf({ ikeSaLifetimeSeconds: 100, livenessSeconds: 0 });
  const client = new HandmadeClient(simulation);
  const exchange = await client.up();
  await simulation.run(100_001);
  assert.deepEqual([simulation.gateway.establishedCount, simulation.gateway.retiredCount], [0, 1]);
  const asksForTicket = await client.seal(exchange, [notify(NotifyType.TICKET_REQUEST)], 2, {
    exchangeType: ExchangeType.INFORMATIONAL,
  });
  const { replies: [reply], effects } = await client.deliver(asksForTicket);
  assert.deepEqual(notifyTypes(await client.open(exchange, reply)), [NotifyType.TICKET_NACK]);
  assert.equal(effectsOf(effects, "ticket-issued").length, 0);
  const earlier = simulation.network.sent.length;
  await simulation.run(200_000);
  assert.equal(sentSince(simulation, earlier), 6, "the DELETE, sent again");
  assert.deepEqual(reasonsOf(simulation.gatewayEffects), ["lifetime-over"]);
  assert.deepEqual([simulation.gateway.retiredCount, simulation.gateway.deadline], [0, undefined]);
  assert.deepEqual(await informational(client, exchange, 3), [{ type: "dropped", reason: "no-such-sa" }]);
});

test("a request that is under way when its IKE SA ends is waited for, a rekeying is not", async () => {
  for (const rekeys of [false, true]) {
    const simulation = await simulationOf({ ikeSaLifetimeSeconds: 100, livenessSeconds: 0 });
    const client = await up(simulation);
    const { spis } = effectsOf(client.effects, "ike-sa-up")[0];
    await simulation.run(99_900);
    simulation.network.interference = () => undefined;
    const { gateway } = simulation;
    await simulation.actOnGateway(rekeys ? gateway.rekey(spis, simulation.now) : gateway.checkLiveness(spis, simulation.now));
    await simulation.run(100_010);
    simulation.network.interference = (datagram) => datagram;
    assert.deepEqual(reasonsOf(simulation.gatewayEffects), ["lifetime-over"]);
    await simulation.run(110_000);
    assert.deepEqual([gateway.establishedCount, client.initiator.waitsFor], [0, rekeys ? "requests" : "nothing"]);
    await simulation.run(170_000);
    assert.deepEqual([gateway.retiredCount, gateway.deadline], [0, undefined]);
    assert.deepEqual(reasonsOf(simulation.gatewayEffects), ["lifetime-over"]);
  }
});

test("clients that came together do not all go together: each IKE SA gets up to a tenth less", async () => {
  const simulation = new Simulation({
    provider: await loadProvider("ts"),
    gateway: { ikeSaLifetimeSeconds: 1_000, rekeyIkeSas: false },
  });
  const crowd = Array.from({ length: 30 }, () => simulation.addClient());
  await simulation.start(...crowd);
  await simulation.run();
  const lifetimes = effectsOf(simulation.gatewayEffects, "ticket-issued").map(({ lifetimeSeconds }) => lifetimeSeconds);
  assert.ok(lifetimes.every((seconds) => seconds >= 899 && seconds <= 1_000), `${lifetimes}`);
  assert.ok(new Set(lifetimes).size > 15, "most should differ");
  await simulation.run(1_010_000);
  const ends = simulation.gatewayHappenings.filter(({ effect }) => effect.type === "ike-sa-down").map(({ atMs }) => atMs);
  assert.equal(ends.length, crowd.length);
  assert.ok(Math.max(...ends) - Math.min(...ends) > 50_000);
});
