import assert from "node:assert/strict";
import { test } from "node:test";
import type { Datagram } from "../../../src/ike/steps/datagram.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { NotifyType } from "../../../src/wire/constants.ts";
import { assertSameKeys, comeBack, gatewayChildSa, resumptions } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { decoded, notifiesOf } from "../../simulation/messages.ts";
import { natBeforeGateway } from "../../simulation/nat_before_gateway.ts";
import { effectsOf, GATEWAY_ADDRESS, type SimulatedClient, Simulation } from "../../simulation/simulation.ts";
import { testEveryProvider } from "../every_provider.ts";

const NAT_ADDRESS = "203.0.113.200";

testEveryProvider(
  "[R-4.3.2-6] [C-7.5] [C-7.6] with a NAT between, everything from IKE_AUTH on goes to port 4500, encapsulated",
  async (provider) => {
    const simulation = new Simulation({ provider });
    placeNat(simulation);
    const client = await simulation.clientWithTicket();
    assert.deepEqual(paths(simulation), ["500", "500", "4500 encapsulated", "4500 encapsulated"]);
    assertEncapsulated(simulation, client, true);
    const up = effectsOf(simulation.gatewayEffects, "ike-sa-up")[0];
    assert.equal(up.remote.address, NAT_ADDRESS);
    assert.ok(up.remote.port > 20_000);
    // What either end sends later takes the same way.
    await simulation.act(client, client.initiator.checkLiveness(simulation.now));
    await simulation.actOnGateway(simulation.gateway.checkLiveness(up.spis, simulation.now));
    await simulation.run();
    assert.deepEqual(paths(simulation).slice(4), new Array(4).fill("4500 encapsulated"));
    assert.equal(effectsOf(client.effects, "peer-alive").length, 1);
    assert.equal(effectsOf(simulation.gatewayEffects, "peer-alive").length, 1);
  },
);

test("[R-4.3.2-6] without a NAT everything stays on port 500", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = await simulation.clientWithTicket();
  assert.deepEqual(paths(simulation), ["500", "500", "500", "500"]);
  assertEncapsulated(simulation, client, false);
});

testEveryProvider(
  "[R-4.3.2-6] NAT is judged anew at resumption: it may have come, gone or stayed since the ticket was issued",
  async (provider) => {
    for (const before of [true, false]) {
      for (const after of [true, false]) {
        const simulation = new Simulation({ provider });
        if (before) placeNat(simulation);
        const client = await simulation.clientWithTicket();
        assertEncapsulated(simulation, client, before);
        if (after) placeNat(simulation);
        else simulation.network.interference = (datagram) => datagram;
        const sentBefore = simulation.network.sent.length;
        const again = await comeBack(simulation, client);
        assert.deepEqual(resumptions(again), [true]);
        assertEncapsulated(simulation, again, after);
        const expected = after ? ["500", "500", "4500 encapsulated", "4500 encapsulated"] : ["500", "500", "500", "500"];
        assert.deepEqual(paths(simulation).slice(sentBefore), expected);
        for (const { octets } of simulation.network.sent.slice(sentBefore, sentBefore + 2)) {
          const { payloads } = decoded(octets);
          assert.equal(notifiesOf(payloads, NotifyType.NAT_DETECTION_SOURCE_IP).length, 1);
          assert.equal(notifiesOf(payloads, NotifyType.NAT_DETECTION_DESTINATION_IP).length, 1);
        }
      }
    }
  },
);

test("[R-4.3.2-6] a NAT before the gateway, which is known by another address outside, is found as well", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const outside = "198.18.0.1";
  simulation.network.interference = natBeforeGateway(outside);
  const client = simulation.addClient({}, undefined, undefined, outside);
  await simulation.start(client);
  await simulation.run();
  assertEncapsulated(simulation, client, true);
});

test("[C-7.6] [C-3.1] a client may go straight to port 4500: the answers come from there, and AUTH covers no marker", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const handmade = new HandmadeClient(simulation, "203.0.113.7", 4500);
  const request = await handmade.initRequest();
  const { effects } = await handmade.deliver(request);
  const [{ datagram }] = effectsOf(effects, "send");
  assert.deepEqual(datagram.local, { address: GATEWAY_ADDRESS, port: 4500 });
  assert.deepEqual(datagram.remote, { address: "203.0.113.7", port: 4500 });
  assert.equal(datagram.encapsulated, true);
  // Its AUTH is over the message from its SPI on, and so is the gateway's.
  const exchange = await handmade.up();
  assert.deepEqual(exchange.request.subarray(16, 18), Uint8Array.of(33, 0x20));
});

test("[R-4.3.2-4] a ticket resumes from any address and port", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  let client = await simulation.clientWithTicket();
  for (const address of ["198.51.100.77", "2001:db8::77", "203.0.113.1"]) {
    const again = simulation.addClient({ identity: client.ticket.initiatorId }, client.ticket, address);
    await simulation.start(again);
    await simulation.run();
    assert.deepEqual(resumptions(again), [true]);
    client = again;
  }
});

/** A NAT before every client: one address for all, another port for each of theirs. */
function placeNat(simulation: Simulation): void {
  const inside = new Map<string, Datagram["local"]>();
  const portOf = new Map<string, number>();
  simulation.network.interference = (datagram) => {
    if (datagram.local.address === GATEWAY_ADDRESS) {
      const remote = inside.get(`${datagram.remote.address} ${datagram.remote.port}`);
      return remote ? { ...datagram, remote } : undefined;
    }
    const name = `${datagram.local.address} ${datagram.local.port}`;
    const port = portOf.get(name) ?? 20_001 + portOf.size;
    portOf.set(name, port);
    const local = { address: NAT_ADDRESS, port };
    inside.set(`${local.address} ${local.port}`, datagram.local);
    return { ...datagram, local };
  };
}

function assertEncapsulated(simulation: Simulation, client: SimulatedClient, expected: boolean): void {
  assert.equal(client.childSa.udpEncapsulation, expected);
  assert.equal(gatewayChildSa(simulation).udpEncapsulation, expected);
  assertSameKeys(client.childSa, gatewayChildSa(simulation));
}

/** The gateway's port of everything that was sent. */
function paths(simulation: Simulation): string[] {
  return simulation.network.sent.map(({ local, remote, encapsulated }) => {
    const { port } = local.address === GATEWAY_ADDRESS ? local : remote;
    return encapsulated ? `${port} encapsulated` : `${port}`;
  });
}
