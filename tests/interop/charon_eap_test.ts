/**
 * EAP-MSCHAPv2 with strongSwan's charon, in both roles; the gateway proves itself by a certificate.
 *
 * @module
 */
import assert from "node:assert/strict";
import { assertUpWith } from "./agreement.ts";
import { certificatesFor } from "./certificate_files.ts";
import { peerTest } from "./peer_proof.ts";
import { CHARON_NEEDS, OUR_IDENTITY, THEIR_IDENTITY } from "./scene.ts";
import { GCM_X25519 } from "./suites.ts";

const PROVES = {
  cases: ["eap-mschapv2"],
  suite: GCM_X25519,
  needs: [...CHARON_NEEDS, "charon's EAP-MSCHAPv2 plugin"],
} as const;
const AS_GATEWAY = { role: "gateway", ...PROVES } as const;
const AS_CLIENT = { role: "client", ...PROVES } as const;
const ALICE = { user: "alice", password: "a password of Alice's" };

peerTest(
  "[C-3.4] [C-3.5] charon comes up with our gateway by EAP-MSCHAPv2, asked for an EAP identity first",
  AS_GATEWAY,
  async (scene) => {
    const { ours, theirs } = certificatesFor(OUR_IDENTITY, THEIR_IDENTITY, "P-256");
    const pair = await scene.namespacePair();
    const gateway = await scene.gateway(pair, { certificates: ours, eap: ALICE });
    const charon = await scene.charon(pair, GCM_X25519, { certificates: theirs, eap: { role: "client", ...ALICE } });
    const up = await charon.up();
    assert.equal(up.status, 0, up.stdout + up.stderr);
    await assertUpWith(GCM_X25519, charon, gateway, false);
    assert.match(charon.log(), /EAP method EAP_MSCHAPV2 succeeded, MSK established/);
  },
);

peerTest("charon with a wrong password does not come up with our gateway", AS_GATEWAY, async (scene) => {
  const { ours, theirs } = certificatesFor(OUR_IDENTITY, THEIR_IDENTITY, "P-256");
  const pair = await scene.namespacePair();
  const gateway = await scene.gateway(pair, { certificates: ours, eap: ALICE });
  const wrong = { role: "client", user: ALICE.user, password: "another" } as const;
  const charon = await scene.charon(pair, GCM_X25519, { certificates: theirs, eap: wrong });
  assert.notEqual((await charon.up()).status, 0);
  assert.equal((await gateway.event("ike-sa-down")).reason, "authentication-failed");
});

peerTest("[C-3.4] our client comes up with charon by EAP-MSCHAPv2", AS_CLIENT, async (scene) => {
  const { ours, theirs } = certificatesFor(OUR_IDENTITY, THEIR_IDENTITY, "P-256");
  const pair = await scene.namespacePair();
  const charon = await scene.charon(pair, GCM_X25519, { certificates: theirs, eap: { role: "gateway", ...ALICE } });
  const client = scene.client(pair, { certificates: ours, eap: ALICE });
  await assertUpWith(GCM_X25519, charon, client, true);
  assert.match(charon.log(), /EAP method EAP_MSCHAPV2 succeeded, MSK established/);
});
