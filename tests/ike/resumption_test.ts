import assert from "node:assert/strict";
import type { ChildSa } from "../../src/ike/child_sa.ts";
import { effectsOf, Simulation } from "../simulation/simulation.ts";
import { testEveryProvider } from "./every_provider.ts";

testEveryProvider(
  "[R-4.1-1] [R-4.3.2-2] a full exchange brings a ticket, and the ticket brings the client back",
  async (provider) => {
    const simulation = new Simulation({ provider });
    const client = await simulation.clientWithTicket();
    assert.equal(client.initiator.waitsFor, "requests");
    assertSameKeys(client.childSa, effectsOf(simulation.gatewayEffects, "child-sa-up").at(-1)!.childSa);

    simulation.restartGateway();
    const again = simulation.addClient({ identity: client.ticket.initiatorId }, client.ticket);
    await simulation.start(again);
    await simulation.run();
    assert.equal(again.initiator.waitsFor, "requests");
    assert.deepEqual(effectsOf(again.effects, "ike-sa-up").map(({ resumed }) => resumed), [true]);
    assertSameKeys(again.childSa, effectsOf(simulation.gatewayEffects, "child-sa-up").at(-1)!.childSa);
  },
);

function assertSameKeys(client: ChildSa, gateway: ChildSa): void {
  assert.deepEqual(client.inbound, gateway.outbound);
  assert.deepEqual(client.outbound, gateway.inbound);
  assert.equal(client.inboundSpi, gateway.outboundSpi);
}
