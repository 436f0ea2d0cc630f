import assert from "node:assert/strict";
import { test } from "node:test";
import { copyOf, upAndTicket } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { effectsOf } from "../../simulation/simulation.ts";

const LIMIT = 8;

test("[R-9.3-1] [R-9.3-2] half-open resumptions are bounded, together with half-open full exchanges, and whoever follows up comes in", async () => {
  const { simulation, client } = await upAndTicket({ halfOpenLimit: LIMIT });
  const ticket = copyOf(client.ticket);
  const strangers = Array.from({ length: 3 * LIMIT }, (_, number) => new HandmadeClient(simulation, `203.0.113.${number + 1}`));
  for (const stranger of strangers) {
    await stranger.deliver(stranger.resumeRequest(ticket.ticket, simulation.random.octets(32)));
    assert.ok(simulation.gateway.halfOpenCount <= LIMIT);
  }
  assert.equal(simulation.gateway.halfOpenCount, LIMIT);
  for (const stranger of strangers) {
    await stranger.deliver(await stranger.initRequest());
    assert.ok(simulation.gateway.halfOpenCount <= LIMIT);
  }
  const honest = new HandmadeClient(simulation, "198.51.100.77");
  const { effects } = await honest.deliver(await honest.authRequest(await honest.resume(ticket), ticket));
  assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
});
