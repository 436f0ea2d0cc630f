/**
 * A client of failover-03 goes on at the gateways that its own has told it of.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../../src/client/client.ts";
import { GatewayList, MOST_GATEWAYS } from "../../src/client/gateway_list.ts";
import { learnedGateways } from "../../src/client/learned_gateways.ts";
import type { ReconnectionEvent } from "../../src/client/reconnect_policy.ts";
import { parseIdentity } from "../../src/configuration/mod.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { failover03 } from "../../src/ike/profiles/failover_03.ts";
import { memoryStore } from "../../src/store/memory_store.ts";
import { withDomain } from "./domain_scene.ts";
import { clientConfiguration } from "./gateway_scene.ts";

const SOON = { initialMs: 50, factor: 1, maximumMs: 50, attempts: 20, jitter: 0 };

test("[B-5-2] a client whose gateway is gone comes back by its ticket at a gateway that this one told of, inside SK", async () => {
  const profile = failover03();
  const gatewayList = [parseIdentity("127.0.0.1"), parseIdentity("127.0.0.2")];
  await withDomain({ store: memoryStore(), configurationOf: () => ({ profiles: [profile], gatewayList }) }, async (domain) => {
    const events: ReconnectionEvent[] = [];
    const back = Promise.withResolvers<void>();
    const session = await connect({
      configuration: clientConfiguration({ profile, retransmission: SOON, livenessSeconds: 1 }),
      gateway: domain.addresses[0],
      reconnect: { initialMs: 20, maximumMs: 50 },
      onReconnection: (event) => {
        events.push(event);
        if (event.type === "connection-back") back.resolve();
      },
    });
    assert.deepEqual(session.ticket?.gateways, gatewayList);
    await domain.kill(0);
    await back.promise;
    assert.equal(session.resumed, true);
    // The gateway takes it for up once it has heard the client on it.
    assert.equal(await session.checkLiveness(), true);
    assert.equal(domain.gateways[1].counters.ike_sas_resumed_total, 1);
    await session.close();
  });
});

test("names are looked up, and have to be proven; those without an address, and addresses of the other family, are left out", async () => {
  const told = ["192.0.2.1", "2001:db8::1", "gw.example", "gone.example"].map(parseIdentity);
  const at = { address: "192.0.2.9", port: 1500, natPort: 1501 };
  const addressOf = (host: string) =>
    host === "gw.example" ? Promise.resolve("192.0.2.2") : Promise.reject(new Error("ENOTFOUND"));
  assert.deepEqual(await learnedGateways(told, at, addressOf), [
    { address: "192.0.2.1", port: 1500, natPort: 1501 },
    { address: "192.0.2.2", port: 1500, natPort: 1501, identity: told[2] },
  ]);
});

test("what is learnt stands behind what was configured, each once, never too much, and the latest list counts", () => {
  const list = new GatewayList([{ address: "192.0.2.1" }], clientConfiguration({ peerIdentity: undefined }), systemRandom, 0);
  list.learn(Array.from({ length: 500 }, (_, index) => ({ address: `10.0.${index >> 8}.${index & 0xff}` })));
  assert.equal(sizeOf(list), MOST_GATEWAYS);
  list.learn([{ address: "192.0.2.1" }, { address: "192.0.2.2" }, { address: "192.0.2.2" }]);
  assert.equal(sizeOf(list), 2);
  assert.deepEqual(list.listed({ address: "10.0.0.1" }), { address: "10.0.0.1" });
});

/** How many names a target of the list goes by: each gateway here has its own. */
function sizeOf(list: GatewayList): number {
  return list.target({ address: "192.0.2.1" }, true).names.length;
}
