/**
 * A gateway whose clients wait while its store is down (`storeFailure: "wait"`).
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../../src/client/client.ts";
import type { GatewayStore } from "../../src/store/gateway_store.ts";
import { memoryStore } from "../../src/store/memory_store.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import type { ReconnectionEvent } from "../../src/client/reconnect_policy.ts";
import { withDomain } from "../client/domain_scene.ts";
import { clientConfiguration } from "../client/gateway_scene.ts";

const SOON = { initialMs: 100, factor: 1, maximumMs: 100, attempts: 60, jitter: 0 };
const PATIENCE = { initialMs: 250, factor: 1, maximumMs: 250, attempts: 4, jitter: 0 };

/** A store that fails while it is down. */
function failingStore(): { readonly store: GatewayStore; isDown: boolean } {
  const memory = memoryStore();
  const asked = <T>(answer: () => T): T => {
    if (scene.isDown) throw new Error("no server");
    return answer();
  };
  const scene = {
    isDown: false,
    store: {
      ...memory,
      claims: {
        claim: (batch) => asked(() => memory.claims.claim(batch)),
        isClaimed: (batch) => asked(() => memory.claims.isClaimed(batch)),
      },
      ticketStates: {
        put: (batch) => asked(() => memory.ticketStates.put(batch)),
        get: (batch) => asked(() => memory.ticketStates.get(batch)),
        delete: (batch) => asked(() => memory.ticketStates.delete(batch)),
      },
    } as GatewayStore,
  };
  return scene;
}

for (const lane of [true, false]) {
  for (const ticketKind of ["value", "reference"] as const) {
    test(`while the store is down a client waits, and resumes when it is back: ${ticketKind}, ${lane ? "in the lane" : "by steps"}`, async () => {
      const failing = failingStore();
      const gateway = { storeFailure: "wait" as const, lane };
      await withDomain({ store: failing.store, gateway, configurationOf: () => ({ ticketKind }) }, async (domain) => {
        const [at] = domain.addresses;
        const ticket = (await connect({ configuration: clientConfiguration(), gateway: at })).abandon()!;
        failing.isDown = true;
        const told: Effect[] = [];
        const coming = connect({
          configuration: clientConfiguration({ retransmission: SOON }),
          gateway: at,
          ticket,
          onEffect: (effect) => void told.push(effect),
        });
        await new Promise((resolve) => setTimeout(resolve, 500));
        assert.deepEqual(told, []);
        assert.equal(domain.gateways[0].counters.tickets_refused_total, 0);
        failing.isDown = false;
        const session = await coming;
        assert.equal(session.resumed, true);
        await session.close();
      });
    });
  }
}

test("a client whose patience ends before the store is back makes a full exchange, and with a list goes to the next gateway", async () => {
  const failing = failingStore();
  const stores = [failing.store, memoryStore(), memoryStore()];
  await withDomain({ storeOf: (place) => stores[place], gateway: { storeFailure: "wait" } }, async (domain) => {
    const [gateway, ...otherGateways] = domain.addresses;
    // By INITIAL_CONTACT one of them would have the other's ticket taken back.
    const configuration = clientConfiguration({ retransmission: PATIENCE, initialContact: false });
    const ticket = (await connect({ configuration, gateway })).abandon()!;
    const another = (await connect({ configuration, gateway })).abandon()!;
    failing.isDown = true;
    const alone = await connect({ configuration, gateway, ticket });
    assert.equal(alone.resumed, false);
    const listed = await connect({ configuration, gateway, otherGateways, ticket: another });
    assert.equal(listed.resumed, true);
    assert.equal(domain.gateways[1].counters.ike_sas_resumed_total, 1);
    await Promise.all([alone.close(), listed.close()]);
  });
});

test("a client that is sent to a gateway which waits for its store keeps the IKE SA that it has, and goes there by its ticket once it can", async () => {
  const failing = failingStore();
  const stores = [memoryStore(), failing.store, memoryStore()];
  await withDomain({ storeOf: (place) => stores[place], gateway: { storeFailure: "wait" } }, async (domain) => {
    const [gateway, ...otherGateways] = domain.addresses;
    const { promise: gone, resolve } = Promise.withResolvers<ReconnectionEvent>();
    const session = await connect({
      configuration: clientConfiguration({ retransmission: PATIENCE, followRedirects: true }),
      gateway,
      otherGateways,
      reconnect: { initialMs: 10, maximumMs: 100 },
      onReconnection: (event) => event.type === "redirected" && resolve(event),
    });
    failing.isDown = true;
    await domain.gateways[0].redirect({ who: "all", to: otherGateways[0].address });
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    assert.equal(domain.gateways[1].counters.ike_sas_up_total, 0);
    assert.equal(await session.checkLiveness(), true);
    failing.isDown = false;
    assert.deepEqual(await gone, { type: "redirected", to: otherGateways[0].address, resumed: true });
    await session.close();
  });
});
