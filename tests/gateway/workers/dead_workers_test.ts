import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIdentity } from "../../../src/configuration/mod.ts";
import { gatewayOfWorkers, killed } from "./gateway_of_workers.ts";
import { heldClaims } from "./held_claims.ts";

test("[R-4.3.1-1] what the store answers a worker that has died meanwhile is no answer to the one in its place", async () => {
  const claims = heldClaims();
  let interrupted: Promise<unknown> | undefined;
  const { gateway, connect, close } = await gatewayOfWorkers({ store: claims.store, storeTimeoutMs: 5_000 });
  try {
    const bob = { identity: parseIdentity("bob@example.org") };
    const [first, second] = [(await connect(1)).abandon(), (await connect(1, undefined, bob)).abandon()];
    // Its worker dies: nothing answers it.
    interrupted = connect(0, first).catch(() => {});
    await claims.until(1);
    await killed(gateway, 0);
    // Both workers have asked the store the same number of times.
    const refused = connect(0, second, bob);
    await claims.until(2);
    claims.answer(0, true);
    await new Promise((resolve) => setTimeout(resolve, 100));
    claims.answer(1, false);
    assert.equal((await refused).resumed, false);
  } finally {
    await close();
    await interrupted;
  }
});
