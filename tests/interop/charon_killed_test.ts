/**
 * One of the two ends is killed: the other notices, and both come up again.
 *
 * @module
 */
import assert from "node:assert/strict";
import { assertUpWith } from "./agreement.ts";
import { eventually } from "./command.ts";
import { peerTest } from "./peer_proof.ts";
import { GCM_X25519 } from "./suites.ts";

/** charon gives up after some four seconds. */
const IMPATIENT = { livenessSeconds: 1, retransmitSeconds: 0.3 };

peerTest(
  "charon, the gateway, is killed: our client notices, tries until it is there again, and is back by a full exchange",
  { role: "client", cases: ["peer-dies"], suite: GCM_X25519 },
  async (scene) => {
    const pair = await scene.namespacePair();
    const charon = await scene.charon(pair, GCM_X25519);
    const client = scene.client(pair, { livenessSeconds: 1, reconnect: true });
    await client.event("ready");
    charon.kill();
    assert.equal((await client.event("connection-lost")).reason, "no-answer");
    const again = await scene.charon(pair, GCM_X25519);
    assert.equal((await client.event("connection-back")).resumed, false);
    await eventually("charon has it", async () => (await again.sas())[0]?.children.length === 1 ? true : undefined);
    assert.equal(client.eventsOf("ike-sa-up").length, 2);
  },
);

peerTest(
  "charon, a client, is killed: our gateway notices, and lets it in again",
  { role: "gateway", cases: ["peer-dies"], suite: GCM_X25519 },
  async (scene) => {
    const pair = await scene.namespacePair();
    const gateway = await scene.gateway(pair, { livenessSeconds: 1 });
    const charon = await scene.charon(pair, GCM_X25519);
    assert.equal((await charon.up()).status, 0);
    charon.kill();
    assert.equal((await gateway.event("ike-sa-down")).reason, "no-answer");
    const again = await scene.charon(pair, GCM_X25519);
    const up = await again.up();
    assert.equal(up.status, 0, up.stdout + up.stderr);
    // What it says comes by another way than charon's word, and may come after it.
    await eventually("our gateway tells it", () => gateway.eventsOf("ike-sa-up").at(1));
  },
);

peerTest(
  "our client is killed: charon notices, and our client comes up again",
  { role: "client", cases: ["we-die"], suite: GCM_X25519 },
  async (scene) => {
    const pair = await scene.namespacePair();
    const charon = await scene.charon(pair, GCM_X25519, IMPATIENT);
    const client = scene.client(pair);
    await client.event("ready");
    client.kill();
    await eventually("charon notices", async () => (await charon.sas()).length === 0 ? true : undefined);
    assert.match(charon.log(), /giving up after 3 retransmits/);
    await assertUpWith(GCM_X25519, charon, scene.client(pair), true);
  },
);

peerTest(
  "our gateway is killed: charon notices, and comes up with the one that takes its place",
  { role: "gateway", cases: ["we-die"], suite: GCM_X25519 },
  async (scene) => {
    const pair = await scene.namespacePair();
    const gateway = await scene.gateway(pair);
    const charon = await scene.charon(pair, GCM_X25519, IMPATIENT);
    assert.equal((await charon.up()).status, 0);
    gateway.kill();
    await eventually("charon notices", async () => (await charon.sas()).length === 0 ? true : undefined, 20_000);
    assert.match(charon.log(), /giving up after 3 retransmits/);
    const again = await scene.gateway(pair);
    assert.equal((await charon.up()).status, 0);
    await assertUpWith(GCM_X25519, charon, again, false);
  },
);
