/**
 * Our client comes up against strongSwan's charon, which does not know session resumption.
 *
 * @module
 */
import assert from "node:assert/strict";
import { assertUpWith } from "./agreement.ts";
import { eventually } from "./command.ts";
import { peerTest } from "./peer_proof.ts";
import { GCM_X25519, OTHER_SUITES, SUITES } from "./suites.ts";

/** RFC 7296, section 3.10.1. */
const NO_PROPOSAL_CHOSEN = 14;

for (const suite of [...SUITES, ...OTHER_SUITES]) {
  // Our first KE is for Curve25519: a charon that wants P-256 answers INVALID_KE_PAYLOAD with SPIr 0, and we try again.
  // It answers N(TICKET_REQUEST), which its log names, with nothing at all.
  peerTest(
    `[R-4.1-1] [C-3.1] [C-7.5] our client brings up IKE SA and Child SA with charon, with ${suite.name}, the same keys, and no ticket`,
    { role: "client", cases: ["psk", ...suite.cases], suite },
    async (scene) => {
      const pair = await scene.namespacePair();
      const charon = await scene.charon(pair, suite);
      const client = scene.client(pair);
      await assertUpWith(suite, charon, client, true);
      assert.equal((await client.event("ticket-not-granted")).answer, "none");
      assert.equal((await client.event("ike-sa-up")).resumed, false);
      assert.match(charon.log(), /parsed IKE_AUTH request 1 \[.*N\(TKT_REQ\).*\]/);
    },
  );
}

for (const suite of SUITES) {
  peerTest(
    `charon cuts its answer into fragments, and our client puts it together, with ${suite.name}`,
    { role: "client", cases: ["fragmentation"], suite },
    async (scene) => {
      const pair = await scene.namespacePair();
      const charon = await scene.charon(pair, suite, { fragmentSize: 160 });
      const client = scene.client(pair);
      await assertUpWith(suite, charon, client, true);
      assert.match(charon.log(), /splitting IKE message \(\d+ bytes\) into [2-9] fragments/);
    },
  );
}

for (const suite of SUITES) {
  peerTest(
    `our client cuts its request into fragments, and charon puts it together, with ${suite.name}`,
    { role: "client", cases: ["fragmentation"], suite },
    async (scene) => {
      const pair = await scene.namespacePair();
      const charon = await scene.charon(pair, suite);
      const client = scene.client(pair, { offersMuch: true });
      await assertUpWith(suite, charon, client, true);
      assert.match(charon.log(), /received fragment #\d of [2-9], reassembled fragmented IKE message/);
    },
  );
}

peerTest(
  "charon gives no answer to IKE_SESSION_RESUME: our client with a ticket falls back to a full exchange and comes up",
  { role: "client", cases: ["psk"], suite: GCM_X25519 },
  async (scene) => {
    const pair = await scene.namespacePair();
    const charon = await scene.charon(pair, GCM_X25519);
    const client = scene.client(pair, { inventedTicket: true });
    assert.equal((await client.event("resumption-failed")).reason, "no-answer");
    await assertUpWith(GCM_X25519, charon, client, true);
    assert.equal((await client.event("ike-sa-up")).resumed, false);
  },
);

peerTest("charon deletes the IKE SA: our client answers, and it is gone at both ends", {
  role: "client",
  cases: ["delete-ike"],
  suite: GCM_X25519,
}, async (scene) => {
  const pair = await scene.namespacePair();
  const charon = await scene.charon(pair, GCM_X25519);
  const client = scene.client(pair);
  await client.event("child-sa-up");
  const down = await charon.down();
  assert.equal(down.status, 0, down.stdout + down.stderr);
  assert.equal((await client.event("ike-sa-down")).reason, "deleted-by-peer");
  assert.deepEqual(await charon.sas(), []);
});

peerTest("our client closes: charon answers the DELETE and drops the IKE SA", {
  role: "client",
  cases: ["delete-ike"],
  suite: GCM_X25519,
}, async (scene) => {
  const pair = await scene.namespacePair();
  const charon = await scene.charon(pair, GCM_X25519);
  const client = scene.client(pair);
  await client.event("child-sa-up");
  client.command({ command: "close" });
  assert.equal((await client.event("ike-sa-down")).reason, "deleted-by-us");
  await eventually("charon has dropped the IKE SA", async () => (await charon.sas()).length === 0 ? true : undefined);
});

peerTest("our client answers charon's liveness checks, and charon answers ours", {
  role: "client",
  cases: ["liveness"],
  suite: GCM_X25519,
}, async (scene) => {
  const pair = await scene.namespacePair();
  const charon = await scene.charon(pair, GCM_X25519, { livenessSeconds: 1 });
  const client = scene.client(pair);
  await client.event("child-sa-up");
  await eventually("charon has checked twice, and was answered", () => {
    const answers = [...charon.log().matchAll(/parsed INFORMATIONAL response \d+ \[ \]/g)];
    return answers.length >= 2 ? true : undefined;
  });
  client.command({ command: "check-liveness" });
  await client.event("peer-alive");
  assert.equal((await charon.sas())[0]?.ike.get("state"), "ESTABLISHED");
});

// With kernel-netlink charon leaves ESP to the kernel, tells the truth about its address, and sees no NAT. Where the kernel has no ESP
// it cannot allocate an SPI, and answers IKE_AUTH with IDr, AUTH and N(NO_PROPOSAL_CHOSEN): an IKE SA alone. Where the kernel has
// ESP the Child SA comes up. Either way the IKE SA is on port 500, and its DELETE is answered there.
peerTest(
  "[C-4.2] without a NAT everything stays on port 500; a Child SA that charon cannot install leaves an IKE SA that we then delete",
  { role: "client", cases: ["delete-ike"], suite: GCM_X25519 },
  async (scene) => {
    const pair = await scene.namespacePair();
    const charon = await scene.charon(pair, GCM_X25519, { kernel: "netlink" });
    const client = scene.client(pair);
    assert.equal((await client.event("ike-sa-up")).remotePort, 500);
    const outcome = await eventually("the Child SA is up or has failed", () => {
      return client.eventsOf("child-sa-up").at(0) ?? client.eventsOf("child-sa-failed").at(0);
    });
    if (outcome.type === "child-sa-up") {
      assert.equal(outcome.childSa.udpEncapsulation, false);
      client.command({ command: "close" });
    } else {
      assert.equal(outcome.notifyType, NO_PROPOSAL_CHOSEN);
    }
    await eventually("charon has dropped the IKE SA", async () => (await charon.sas()).length === 0 ? true : undefined);
    assert.match(charon.log(), /IKE_SA peer\[1\] established between/);
    assert.match(charon.log(), /received DELETE for IKE_SA peer\[1\]/);
    assert.equal((await client.event("ike-sa-down")).reason, "deleted-by-us");
    assert.doesNotMatch(charon.log(), /\[4500\]/);
  },
);
