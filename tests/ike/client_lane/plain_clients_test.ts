import assert from "node:assert/strict";
import { test } from "node:test";
import type { InitiatorOptions } from "../../../src/ike/initiator.ts";
import { defaultIkeProposals } from "../../../src/ike/ike_sa/proposals.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { assertSameKeys, comeBack, gatewayChildSa, resumptions } from "../../simulation/coming_back.ts";
import { LaneInitiator } from "../../simulation/lane_initiator.ts";
import { type SimulatedClient, Simulation } from "../../simulation/simulation.ts";
import { testEveryProvider } from "../every_provider.ts";

testEveryProvider(
  "[R-5.1-1] a client that is plain goes through its lane until it is up, with the keys that its gateway has",
  async (provider) => {
    const simulation = new Simulation({ provider, lane: true });
    const again = await comeBack(simulation, await simulation.clientWithTicket());
    assert.deepEqual(resumptions(again), [true]);
    assert.equal(takenOf(again), 3);
    assertSameKeys(again.childSa, gatewayChildSa(simulation));
    // Its new ticket is as good.
    const onceMore = await comeBack(simulation, again, again.ticket, { identity: again.ticket.initiatorId });
    assert.deepEqual(resumptions(onceMore), [true]);
    assert.equal(takenOf(onceMore), 3);
  },
);

/** How many of a client's three moments are plain: it begins, it is answered, it comes up. */
const TAKEN: readonly (readonly [string, Partial<InitiatorOptions>, number])[] = [
  ["with CBC", { ikeProposals: defaultIkeProposals().slice(1) }, 0],
  ["with MOBIKE", { mobike: true }, 0],
  ["that wants an address", { requestInnerAddress: true }, 0],
  ["that shows keys", { exposeKeys: true }, 0],
  ["without a name for its gateway", { peerIdentity: undefined }, 3],
];

test("which clients are plain", async () => {
  const provider = await loadProvider("wasm");
  for (const [name, options, taken] of TAKEN) {
    const simulation = new Simulation({ provider, lane: true });
    const client = await simulation.clientWithTicket(options);
    const again = simulation.addClient({ identity: client.ticket.initiatorId, ...options }, client.ticket);
    await simulation.start(again);
    await simulation.run(1_000);
    assert.deepEqual(resumptions(again), [true], name);
    assert.equal(takenOf(again), taken, name);
  }
});

function takenOf({ initiator }: SimulatedClient): number {
  assert.ok(initiator instanceof LaneInitiator);
  return initiator.taken;
}
