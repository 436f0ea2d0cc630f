import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../../src/client/client.ts";
import type { Session } from "../../src/client/session.ts";
import { parseIdentity } from "../../src/configuration/mod.ts";
import type { IkeSaDescription } from "../../src/gateway/ike_sa_administration.ts";
import { clientConfiguration, withGateway } from "../client/gateway_scene.ts";
import { gatewayOfWorkers, workerOf } from "./workers/gateway_of_workers.ts";

async function allOf(pages: AsyncIterable<readonly IkeSaDescription[]>): Promise<IkeSaDescription[]> {
  return (await Array.fromAsync(pages)).flat();
}

function responderSpis(described: readonly { readonly spis: Session["spis"] }[]): bigint[] {
  return described.map(({ spis }) => spis.responderSpi).sort();
}

/** Waits until only so many IKE SAs are left: until the clients of others have answered. */
async function gone(count: number, gateway: { readonly establishedCount: number }): Promise<void> {
  while (gateway.establishedCount > count) await new Promise((resolve) => setTimeout(resolve, 10));
}

test("a gateway lists its IKE SAs while clients come and go, says which came up by tickets, and ends those of one identity", async () => {
  await withGateway(async ({ gateway, address }) => {
    const up = async (name: string, ticket?: Parameters<typeof connect>[0]["ticket"]) =>
      await connect({
        configuration: clientConfiguration({ identity: parseIdentity(name) }),
        gateway: address,
        ...(ticket && { ticket }),
      });
    const first = await up("ada@example.org");
    const ada = await up("ada@example.org", first.abandon());
    const bob = await up("bob@example.org");
    const sessions = [ada, bob];
    const pages = gateway.ikeSas();
    const page = (await pages.next()).value!;
    // In the midst of a look at all: nobody waits for whoever reads.
    const carol = await up("carol@example.org");
    sessions.push(carol);
    assert.equal((await pages.next()).done, true);
    assert.deepEqual(responderSpis(page), responderSpis([ada, bob]));
    const [described] = await allOf(gateway.ikeSas({ identity: parseIdentity("ada@EXAMPLE.org") }));
    assert.deepEqual(described.spis, ada.spis);
    assert.deepEqual([described.resumed, described.remote.address], [true, "127.0.0.1"]);
    assert.equal(described.childSas.length, 1);
    assert.equal(described.ticket !== undefined, true);
    assert.equal((await allOf(gateway.ikeSas({ spi: bob.spis.responderSpi })))[0].resumed, false);

    assert.equal(await gateway.rekey({ spi: bob.spis.initiatorSpi }), 1);
    assert.equal(await gateway.terminate({ identity: parseIdentity("ada@example.org") }), 1);
    assert.equal(await gateway.terminate({ identity: parseIdentity("nobody@example.org") }), 0);
    await gone(2, gateway);
    assert.equal((await allOf(gateway.ikeSas({ identity: parseIdentity("ada@example.org") }))).length, 0);
    assert.equal(await gateway.terminate({ address: "127.0.0.1" }), 2);
    await gone(0, gateway);
    assert.equal((await allOf(gateway.ikeSas())).length, 0);
    await assert.rejects(gateway.terminate({ address: "example.org" }), RangeError);
    for (const session of sessions) await session.close();
  });
});

test("an IKE SA whose client answers no DELETE is listed as ending", async () => {
  await withGateway(async ({ gateway, address }) => {
    const session = await connect({ configuration: clientConfiguration(), gateway: address });
    session.abandon();
    assert.deepEqual((await allOf(gateway.ikeSas())).map(({ isEnding }) => isEnding), [false]);
    await gateway.terminate("all");
    assert.deepEqual((await allOf(gateway.ikeSas())).map(({ isEnding }) => isEnding), [true]);
    await session.close();
  });
});

test("the list of a gateway that is closed is over", async () => {
  await withGateway(async ({ gateway, kill }) => {
    const pages = gateway.ikeSas();
    await kill();
    assert.equal((await pages.next()).done, true);
  });
});

test("workers list their IKE SAs one behind the other, and each ends its own", async () => {
  const { gateway, connect: connectTo, until, close } = await gatewayOfWorkers();
  try {
    const sessions = [await connectTo(0), await connectTo(1), await connectTo(1)];
    assert.deepEqual(sessions.map(workerOf), [0, 1, 1]);
    const described = await allOf(gateway.ikeSas());
    assert.deepEqual(responderSpis(described), responderSpis(sessions));
    assert.equal(await gateway.terminate({ spi: sessions[1].spis.responderSpi }), 1);
    await until(({ type }) => type === "ike-sa-down");
    assert.deepEqual(responderSpis(await allOf(gateway.ikeSas())), responderSpis([sessions[0], sessions[2]]));
    assert.equal(await gateway.terminate("all"), 2);
    for (const session of sessions) await session.close();
  } finally {
    await close();
  }
});
