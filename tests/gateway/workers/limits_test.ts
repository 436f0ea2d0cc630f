import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIdentity } from "../../../src/configuration/mod.ts";
import { gatewayOfWorkers, workerOf } from "./gateway_of_workers.ts";

test("each worker has its part of the gateway's limits, and no more", async () => {
  let turnedAway: Promise<void> | undefined;
  const { gateway, connect, close } = await gatewayOfWorkers({}, { options: { ikeSaLimit: 2 } });
  try {
    const bob = { identity: parseIdentity("bob@example.org") };
    await connect(0);
    // Nothing answers it until it gives up.
    turnedAway = connect(0, undefined, bob).then(() => assert.fail("let in"), () => {});
    while ((await gateway.counters()).ike_sas_beyond_limit_total === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(workerOf(await connect(1, undefined, { identity: parseIdentity("carol@example.org") })), 1);
    assert.equal((await gateway.counters()).ike_sas_established, 2);
  } finally {
    await close();
    await turnedAway;
  }
});
