/**
 * A crowd behind one address: whatever a gateway does against floods, it must not lock an office, a hotel or a carrier's NAT out.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResponderOptions } from "../../../../src/ike/responder.ts";
import { loadKeyExchange, loadProvider } from "../../../../src/providers/mod.ts";
import { ExchangeType } from "../../../../src/wire/constants.ts";
import { resumptions } from "../../../simulation/coming_back.ts";
import { effectsOf, type SimulatedClient, Simulation } from "../../../simulation/simulation.ts";

const CROWD = 2_000;
const ONE_ADDRESS = "203.0.113.80";

const gateways: Readonly<Record<string, Partial<ResponderOptions>>> = {
  "by its defaults": {},
  "that asks for cookies after the first few": { cookieThreshold: 20 },
};

for (const [how, gateway] of Object.entries(gateways)) {
  test(`[R-4.3.2-4] [R-9.3-1] ${CROWD} clients behind one address all come up, and all resume at once, at a gateway ${how}`, async () => {
    const simulation = new Simulation({
      provider: await loadProvider("auto"),
      keyExchange: await loadKeyExchange(),
      gateway,
    });
    const clients = crowd(simulation);
    await simulation.start(...clients);
    await simulation.run();
    assert.equal(clients.filter(({ initiator }) => initiator.waitsFor === "requests").length, CROWD);

    simulation.restartGateway();
    const before = simulation.network.sent.length;
    const again = clients.map((client) =>
      simulation.addClient({ identity: client.ticket.initiatorId }, client.ticket, ONE_ADDRESS)
    );
    simulation.clients.splice(0, CROWD);
    await simulation.start(...again);
    await simulation.run();
    assert.equal(again.filter((client) => resumptions(client)[0] === true).length, CROWD);
    assert.equal(simulation.gateway.establishedCount, CROWD);
    assert.deepEqual(effectsOf(simulation.gatewayEffects, "dropped"), [], "nobody was turned away, not even for a while");
    const full = simulation.network.sent.slice(before).filter(({ octets }) => octets[18] === ExchangeType.IKE_SA_INIT);
    assert.equal(full.length, 0);
  });
}

function crowd(simulation: Simulation): SimulatedClient[] {
  return Array.from({ length: CROWD }, () => simulation.addClient({}, undefined, ONE_ADDRESS));
}
