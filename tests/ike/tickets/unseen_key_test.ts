import assert from "node:assert/strict";
import { test } from "node:test";
import { comesBackWith } from "../../simulation/coming_back.ts";
import { effectsOf, PRESHARED_KEY, Simulation, START_EPOCH_SECONDS } from "../../simulation/simulation.ts";
import { loadProvider } from "../../../src/providers/mod.ts";

test("where a shared key has to be waited for, the next ticket goes by the one seen last, and under a new ticket key there is none", async () => {
  const simulation = new Simulation({
    provider: await loadProvider("ts"),
    gateway: { presharedKeyOf: () => Promise.resolve(PRESHARED_KEY) },
  });
  const client = await simulation.clientWithTicket();
  const issued = () => effectsOf(simulation.gatewayEffects, "ticket-issued").length;
  const renew = async () => {
    const before = issued();
    await simulation.act(client, client.initiator.requestTicket(simulation.now));
    await simulation.run();
    return issued() - before;
  };
  assert.equal(await renew(), 1);
  simulation.ticketKeys.rotate(simulation.random.octets, START_EPOCH_SECONDS + 10);
  assert.equal(await renew(), 0);
  // The ticket that it has is good, and the shared key is looked at when it is presented.
  await comesBackWith(simulation, client, client.ticket);
});
