/**
 * strongSwan's charon comes up against our gateway.
 *
 * @module
 */
import assert from "node:assert/strict";
import { assertUpWith } from "./agreement.ts";
import { eventually } from "./command.ts";
import { peerTest } from "./peer_proof.ts";
import { GCM_X25519, OTHER_SUITES, SUITES } from "./suites.ts";

for (const suite of [...SUITES, ...OTHER_SUITES]) {
  // With kernel-libipsec charon falsifies its NAT_DETECTION_SOURCE_IP, since it can send ESP only in UDP: our gateway sees a NAT,
  // and IKE moves to port 4500 with IKE_AUTH. In IKE_AUTH it puts N(INITIAL_CONTACT) between IDi and IDr, and AUTH after both.
  peerTest(
    `[C-3.1] [C-7.5] charon brings up IKE SA and Child SA with our gateway, with ${suite.name}, and has the same keys`,
    { role: "gateway", cases: ["psk", ...suite.cases], suite },
    async (scene) => {
      const pair = await scene.namespacePair();
      const gateway = await scene.gateway(pair);
      const charon = await scene.charon(pair, suite);
      const up = await charon.up();
      assert.equal(up.status, 0, up.stdout + up.stderr);
      await assertUpWith(suite, charon, gateway, false);
      assert.match(charon.log(), /faking NAT situation to enforce UDP encapsulation/);
    },
  );
}

for (const suite of SUITES) {
  peerTest(
    `charon cuts its request into fragments, and our gateway puts it together, with ${suite.name}`,
    { role: "gateway", cases: ["fragmentation"], suite },
    async (scene) => {
      const pair = await scene.namespacePair();
      const gateway = await scene.gateway(pair);
      const charon = await scene.charon(pair, suite, { fragmentSize: 160 });
      const up = await charon.up();
      assert.equal(up.status, 0, up.stdout + up.stderr);
      await assertUpWith(suite, charon, gateway, false);
      assert.match(charon.log(), /splitting IKE message \(\d+ bytes\) into [2-9] fragments/);
    },
  );
}

peerTest(
  "[C-5.8] charon deletes the IKE SA: our gateway answers, and it is gone at both ends",
  { role: "gateway", cases: ["delete-ike"], suite: GCM_X25519 },
  async (scene) => {
    const pair = await scene.namespacePair();
    const gateway = await scene.gateway(pair);
    const charon = await scene.charon(pair, GCM_X25519);
    assert.equal((await charon.up()).status, 0);
    const down = await charon.down();
    assert.equal(down.status, 0, down.stdout + down.stderr);
    assert.equal((await gateway.event("ike-sa-down")).reason, "deleted-by-peer");
    assert.deepEqual(await charon.sas(), []);
  },
);

peerTest("our gateway deletes the IKE SA: charon answers and drops it", {
  role: "gateway",
  cases: ["delete-ike"],
  suite: GCM_X25519,
}, async (scene) => {
  const pair = await scene.namespacePair();
  const gateway = await scene.gateway(pair);
  const charon = await scene.charon(pair, GCM_X25519);
  assert.equal((await charon.up()).status, 0);
  gateway.command({ command: "close" });
  assert.equal((await gateway.event("ike-sa-down")).reason, "deleted-by-us");
  await eventually("charon has dropped the IKE SA", async () => (await charon.sas()).length === 0 ? true : undefined);
});

peerTest("our gateway answers charon's liveness checks, and charon answers ours", {
  role: "gateway",
  cases: ["liveness"],
  suite: GCM_X25519,
}, async (scene) => {
  const pair = await scene.namespacePair();
  const gateway = await scene.gateway(pair);
  const charon = await scene.charon(pair, GCM_X25519, { livenessSeconds: 1 });
  assert.equal((await charon.up()).status, 0);
  await eventually("charon has checked twice, and was answered", () => {
    const answers = [...charon.log().matchAll(/parsed INFORMATIONAL response \d+ \[ \]/g)];
    return answers.length >= 2 ? true : undefined;
  });
  assert.match(charon.log(), /sending DPD request/);
  gateway.command({ command: "check-liveness" });
  await gateway.event("peer-alive");
  assert.equal((await charon.sas())[0]?.ike.get("state"), "ESTABLISHED");
});
