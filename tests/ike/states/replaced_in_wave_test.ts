import assert from "node:assert/strict";
import { test } from "node:test";
import type { Effect } from "../../../src/ike/states/effect.ts";
import type { Step } from "../../../src/ike/steps/step.ts";
import { runWave } from "../../../src/ike/steps/wave.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { effectsOf, endpoint, GATEWAY_ADDRESS, Simulation } from "../../simulation/simulation.ts";

test("[R-4.3.4-2] an IKE SA that a resumption replaced does not come back by a request that was under way in the same wave", async () => {
  const provider = await loadProvider("ts");
  const simulation = new Simulation({ provider });
  const client = await simulation.clientWithTicket();
  simulation.network.interference = () => undefined;
  await simulation.act(client, client.initiator.checkLiveness(simulation.now));
  const { octets } = simulation.network.sent.at(-1)!;
  simulation.network.interference = (datagram) => datagram;
  const step = simulation.gateway.receive(
    { octets, local: endpoint(GATEWAY_ADDRESS, 500), remote: endpoint(client.address, 500), encapsulated: false },
    simulation.now,
  );
  const asked = step.next();
  assert.ok(!asked.done && asked.value.operation === "open");
  const [opened] = provider.open([asked.value.request]);

  const again = simulation.addClient({ identity: client.ticket.initiatorId }, client.ticket);
  await simulation.start(again);
  await simulation.run(simulation.network.nowMs + 100);
  assert.equal(simulation.gateway.establishedCount, 1);

  const [effects] = await runWave([finish(step, opened)], simulation.services);
  assert.deepEqual(effectsOf(effects, "send"), []);
  assert.equal(simulation.gateway.establishedCount, 1);
  assert.equal(simulation.gateway.halfOpenCount, 0);
});

/** Goes on with a step whose first request has been served already. */
function* finish(step: Step<Effect[]>, opened: Uint8Array | undefined): Step<Effect[]> {
  let progress = step.next(opened);
  while (!progress.done) progress = step.next(yield progress.value);
  return progress.value;
}
