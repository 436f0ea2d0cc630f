import assert from "node:assert/strict";
import { test } from "node:test";
import { notify } from "../../src/ike/notify.ts";
import { loadProvider } from "../../src/providers/mod.ts";
import { NotifyType } from "../../src/wire/constants.ts";
import type { Payload } from "../../src/wire/payload.ts";
import { HandmadeClient } from "../simulation/handmade_client.ts";
import { effectsOf, Simulation } from "../simulation/simulation.ts";

test("[R-9.3-1] an IKE SA that can have no keys counts as half-open as long as its first exchange is remembered", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { halfOpenLimit: 3 } });
  const handmade = new HandmadeClient(simulation);
  const publicValue = new Uint8Array(32);
  for (let count = 1; count <= 3; count++) {
    const exchange = await handmade.init({ publicValue });
    const request = await handmade.authRequest(exchange);
    for (const reason of ["public-value-unacceptable", "refused-before"]) {
      assert.deepEqual((await handmade.deliver(request)).effects, [{ type: "dropped", reason }]);
    }
    assert.equal(simulation.gateway.halfOpenCount, count);
  }
  await handmade.deliver(await handmade.initRequest({ publicValue }));
  assert.equal(simulation.gateway.halfOpenCount, 3);
  simulation.network.interference = () => undefined;
  await simulation.run(simulation.network.nowMs + 30_000);
  await simulation.actOnGateway(simulation.gateway.timeout(simulation.now));
  assert.equal(simulation.gateway.halfOpenCount, 0);
});

test("[R-9.3-1] nothing is kept of a message that is longer than any that is needed", async () => {
  const gateway = { maximumTicketLength: 1_000 };
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway });
  const client = await simulation.clientWithTicket();
  const handmade = new HandmadeClient(simulation);
  const padding = (length: number): Payload => ({ type: "V", vendorId: new Uint8Array(length) });
  const tooLong = { type: "dropped", reason: "too-long" };
  const nonce = simulation.random.octets(32);

  assert.equal((await handmade.deliver(await handmade.initRequest({ extra: [padding(3_500)] }))).replies.length, 1);
  assert.deepEqual((await handmade.deliver(await handmade.initRequest({ extra: [padding(4_100)] }))).effects, [tooLong]);
  assert.equal(simulation.gateway.halfOpenCount, 1);
  // A request to resume is never met with silence.
  const resume = (length: number) => handmade.resumeRequest(client.ticket.ticket, nonce, [padding(length)]);
  assert.equal((await handmade.deliver(resume(2_000))).replies[0].payloads[0].type, "Nonce");
  assert.equal(simulation.gateway.halfOpenCount, 2);
  const { replies: [refusal], effects } = await handmade.deliver(resume(3_100));
  assert.deepEqual(refusal.payloads, [notify(NotifyType.TICKET_NACK)]);
  assert.deepEqual(effects[1], { type: "ticket-refused", reason: "too-long" });
  assert.equal(simulation.gateway.halfOpenCount, 2);

  const exchange = await handmade.init();
  const longAuth = await handmade.authRequest(exchange, undefined, { add: [padding(7_200)] });
  assert.deepEqual((await handmade.deliver(longAuth)).effects, [tooLong]);
  assert.equal(effectsOf((await handmade.auth(exchange, { add: [padding(6_000)] })).effects, "ike-sa-up").length, 1);
  assert.deepEqual((await handmade.deliver(await handmade.seal(exchange, [padding(7_200)], 2))).effects, [tooLong]);
});
