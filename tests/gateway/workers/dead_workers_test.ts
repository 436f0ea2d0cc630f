import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIdentity } from "../../../src/configuration/mod.ts";
import { GatewayWorkerError } from "../../../src/gateway/workers/gateway_worker_error.ts";
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

test("[R-9.8-1] whoever is taken back while a worker is being started is refused by that worker too", async () => {
  const died = Promise.withResolvers<void>();
  const { gateway, connect, close } = await gatewayOfWorkers({
    onWorkerChange: ({ type }) => {
      if (type === "worker-died") died.resolve();
    },
  });
  try {
    // No worker knows the IKE SA of this ticket any more.
    const ticket = (await connect(0)).abandon();
    const inPlace = killed(gateway, 0);
    await died.promise;
    // The thread in its place is on its way, with what was known until now.
    await new Promise((resolve) => setTimeout(resolve, 20));
    await gateway.revoke({ identity: parseIdentity("alice@example.org") });
    await inPlace;
    assert.equal((await connect(0, ticket)).resumed, false);
  } finally {
    await close();
  }
});

test("[R-9.8-1] a ticket that nobody could be asked to take back is not told as taken back", async () => {
  const died = Promise.withResolvers<void>();
  const { gateway, connect, until, close } = await gatewayOfWorkers({
    workers: 1,
    onWorkerChange: ({ type }) => {
      if (type === "worker-died") died.resolve();
    },
  });
  try {
    (await connect(0)).abandon();
    const { ticketId } = await until(({ type }) => type === "ticket-issued");
    const inPlace = killed(gateway, 0);
    await died.promise;
    await assert.rejects(gateway.revoke({ ticketId: ticketId! }), GatewayWorkerError);
    await inPlace;
    await gateway.revoke({ ticketId: ticketId! });
  } finally {
    await close();
  }
});
