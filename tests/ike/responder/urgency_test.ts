import assert from "node:assert/strict";
import { test } from "node:test";
import { Urgency } from "../../../src/ike/responder/urgency.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { Simulation } from "../../simulation/simulation.ts";

test("who has proven something goes before requests to resume, those before other half-open IKE SAs, strangers and strays", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const { ticket } = await simulation.clientWithTicket();
  const handmade = new HandmadeClient(simulation);
  const urgencyOf = (octets: Uint8Array) => simulation.gateway.urgencyOf(octets);
  const resumed = await handmade.resume(ticket);
  assert.equal(urgencyOf(await handmade.authRequest(resumed, ticket)), Urgency.PROVEN);
  const up = await handmade.up();
  assert.equal(urgencyOf(await handmade.seal(up, [], 2)), Urgency.PROVEN);
  assert.equal(urgencyOf(handmade.resumeRequest(ticket.ticket, new Uint8Array(32))), Urgency.RESUMPTION);
  const begun = await handmade.init();
  assert.equal(urgencyOf(await handmade.authRequest(begun)), Urgency.FULL_EXCHANGE);
  assert.equal(urgencyOf(await handmade.initRequest()), Urgency.STRANGER);
  const stray = await handmade.seal({ ...up, spis: { ...up.spis, responderSpi: up.spis.responderSpi ^ 1n } }, [], 2);
  assert.equal(urgencyOf(stray), Urgency.STRAY);
  assert.equal(urgencyOf(stray.slice(0, 20)), Urgency.STRAY);
});
