/**
 * EAP-TLS with strongSwan's charon, in both roles: after the gateway's own proof, and in its place. With TLS 1.2; TLS 1.3 with strongSwan 6, since
 * charon 5.9.8 does not know RFC 9190: it neither sends nor understands the commitment, and ends when one comes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { assertUpWith } from "./agreement.ts";
import { certificatesFor } from "./certificate_files.ts";
import { peerTest } from "./peer_proof.ts";
import { CHARON_NEEDS, OUR_IDENTITY, THEIR_IDENTITY } from "./scene.ts";
import { GCM_X25519 } from "./suites.ts";

const NEEDS = [...CHARON_NEEDS, "charon's EAP-TLS plugin", "Node"] as const;
const TLS_CLIENT = { role: "client", tls: true } as const;
/** Names that make a certificate so long that TLS goes in several parts. */
const LONG_NAMES = Array.from({ length: 40 }, (_, index) => `a-rather-long-name-${index}.example`);

const PROVES = { cases: ["eap-tls"], suite: GCM_X25519, needs: NEEDS } as const;

for (const key of ["P-256", "RSA"] as const) {
  peerTest(
    `charon comes up with our gateway by EAP-TLS, ${key}`,
    { role: "gateway", ...PROVES },
    async (scene) => {
      const { ours, theirs } = certificatesFor(OUR_IDENTITY, THEIR_IDENTITY, key, key === "RSA" ? LONG_NAMES : []);
      const pair = await scene.namespacePair();
      const gateway = await scene.gateway(pair, { certificates: ours, eap: { tls: true } });
      const charon = await scene.charon(pair, GCM_X25519, { certificates: theirs, eap: TLS_CLIENT });
      const up = await charon.up();
      assert.equal(up.status, 0, up.stdout + up.stderr);
      await assertUpWith(GCM_X25519, charon, gateway, false);
      assert.match(charon.log(), /EAP method EAP_TLS succeeded, MSK established/);
      assert.match(charon.log(), /negotiated TLS 1.2/);
    },
  );

  peerTest(`our client comes up with charon by EAP-TLS, ${key}`, { role: "client", ...PROVES }, async (scene) => {
    const { ours, theirs } = certificatesFor(OUR_IDENTITY, THEIR_IDENTITY, key, key === "RSA" ? LONG_NAMES : []);
    const pair = await scene.namespacePair();
    const charon = await scene.charon(pair, GCM_X25519, { certificates: theirs, eap: { role: "gateway", tls: true } });
    const client = scene.client(pair, { certificates: ours, eap: { tls: true } });
    await assertUpWith(GCM_X25519, charon, client, true);
    assert.match(charon.log(), /EAP method EAP_TLS succeeded, MSK established/);
    assert.match(charon.log(), /negotiated TLS 1.2/);
  });
}
const ALONE = { cases: ["eap-only"], suite: GCM_X25519, needs: NEEDS } as const;

peerTest(
  "charon comes up with our gateway by EAP-TLS alone, which proves both ends",
  { role: "gateway", ...ALONE },
  async (scene) => {
    const { ours, theirs } = certificatesFor(OUR_IDENTITY, THEIR_IDENTITY, "P-256");
    const pair = await scene.namespacePair();
    const gateway = await scene.gateway(pair, { certificates: ours, eap: { tls: true, isAlone: true } });
    const charon = await scene.charon(pair, GCM_X25519, {
      certificates: theirs,
      eap: { ...TLS_CLIENT, isAlone: true },
    });
    const up = await charon.up();
    assert.equal(up.status, 0, up.stdout + up.stderr);
    await assertUpWith(GCM_X25519, charon, gateway, false);
    assert.match(charon.log(), /allow mutual EAP-only authentication/);
  },
);

peerTest("our client comes up with charon by EAP-TLS alone", { role: "client", ...ALONE }, async (scene) => {
  const { ours, theirs } = certificatesFor(OUR_IDENTITY, THEIR_IDENTITY, "P-256");
  const pair = await scene.namespacePair();
  const charon = await scene.charon(pair, GCM_X25519, {
    certificates: theirs,
    eap: { role: "gateway", tls: true, isAlone: true },
  });
  const client = scene.client(pair, { certificates: ours, eap: { tls: true, isAlone: true } });
  await assertUpWith(GCM_X25519, charon, client, true);
});

peerTest(
  "charon with a certificate of another authority does not come up with our gateway",
  { role: "gateway", cases: ["eap-tls"], suite: GCM_X25519, needs: NEEDS },
  async (scene) => {
    const { ours } = certificatesFor(OUR_IDENTITY, THEIR_IDENTITY, "P-256");
    const other = certificatesFor(OUR_IDENTITY, THEIR_IDENTITY, "P-256").theirs;
    const pair = await scene.namespacePair();
    const gateway = await scene.gateway(pair, { certificates: ours, eap: { tls: true } });
    const theirs = { ...other, authority: ours.authority };
    const charon = await scene.charon(pair, GCM_X25519, { certificates: theirs, eap: TLS_CLIENT });
    assert.notEqual((await charon.up()).status, 0);
    assert.equal((await gateway.event("ike-sa-down")).reason, "authentication-failed");
  },
);

const TLS_1_3 = { cases: ["eap-tls-1.3"], suite: GCM_X25519, peer: "strongSwan 6", needs: [...NEEDS, "strongSwan 6"] } as const;

peerTest(
  "charon comes up with our gateway by EAP-TLS with TLS 1.3 (RFC 9190)",
  { role: "gateway", ...TLS_1_3 },
  async (scene) => {
    const { ours, theirs } = certificatesFor(OUR_IDENTITY, THEIR_IDENTITY, "P-256");
    const pair = await scene.namespacePair();
    const gateway = await scene.gateway(pair, { certificates: ours, eap: { tls: true } });
    const eap = { ...TLS_CLIENT, upTo: "1.3" } as const;
    const charon = await scene.charon(pair, GCM_X25519, { certificates: theirs, isVersion6: true, eap });
    const up = await charon.up();
    assert.equal(up.status, 0, up.stdout + up.stderr);
    await assertUpWith(GCM_X25519, charon, gateway, false);
    assert.match(charon.log(), /negotiated TLS 1\.3/);
  },
);

peerTest(
  "our client comes up with charon by EAP-TLS with TLS 1.3 (RFC 9190)",
  { role: "client", ...TLS_1_3 },
  async (scene) => {
    const { ours, theirs } = certificatesFor(OUR_IDENTITY, THEIR_IDENTITY, "P-256");
    const pair = await scene.namespacePair();
    const eap = { role: "gateway", tls: true, upTo: "1.3" } as const;
    const charon = await scene.charon(pair, GCM_X25519, { certificates: theirs, isVersion6: true, eap });
    const client = scene.client(pair, { certificates: ours, eap: { tls: true } });
    await assertUpWith(GCM_X25519, charon, client, true);
    assert.match(charon.log(), /negotiated TLS 1\.3/);
  },
);
