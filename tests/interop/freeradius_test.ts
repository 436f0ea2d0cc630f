/**
 * FreeRADIUS as the server that speaks EAP: with charon through our gateway, and with our client through charon.
 *
 * @module
 */
import assert from "node:assert/strict";
import { assertUpWith } from "./agreement.ts";
import { certificatesFor, type CharonCertificates, type OurCertificates } from "./certificate_files.ts";
import type { FreeradiusOptions } from "./freeradius.ts";
import { peerTest } from "./peer_proof.ts";
import { CHARON_NEEDS, OUR_IDENTITY, THEIR_IDENTITY } from "./scene.ts";
import { GCM_X25519 } from "./suites.ts";

const SECRET = "a secret of RADIUS";
const ALICE = { user: "alice", password: "a password of Alice's" };
const NEEDS = [...CHARON_NEEDS, "FreeRADIUS"] as const;
const AS_GATEWAY = { role: "gateway", cases: ["radius"], suite: GCM_X25519, peer: "strongSwan, FreeRADIUS" } as const;
const AS_CLIENT = { ...AS_GATEWAY, role: "client" } as const;

const METHODS = [
  {
    name: "EAP-MSCHAPv2",
    method: "mschapv2",
    eap: { role: "client", ...ALICE },
    needs: [...NEEDS, "charon's EAP-MSCHAPv2 plugin"],
  },
  { name: "EAP-TLS", method: "tls", eap: { role: "client", tls: true }, needs: [...NEEDS, "charon's EAP-TLS plugin"] },
  {
    name: "EAP-TTLS",
    method: "ttls",
    eap: { role: "client", ttls: true, ...ALICE },
    needs: [...NEEDS, "charon's EAP-TLS plugin"],
  },
] as const;

for (const { name, method, eap, needs } of METHODS) {
  peerTest(
    `[C-3.4] charon comes up with our gateway by ${name}, which FreeRADIUS speaks`,
    { ...AS_GATEWAY, needs },
    async (scene) => {
      const { ours, theirs } = certificatesFor(OUR_IDENTITY, THEIR_IDENTITY, "P-256");
      const pair = await scene.namespacePair();
      const freeradius = await scene.freeradius(pair.theirs, radiusOf(method, asFreeradius(ours)));
      const gateway = await scene.gateway(pair, {
        certificates: ours,
        eap: { radius: { host: pair.theirs.address, secret: SECRET } },
      });
      const charon = await scene.charon(pair, GCM_X25519, { certificates: theirs, eap });
      const up = await charon.up();
      assert.equal(up.status, 0, up.stdout + up.stderr);
      await assertUpWith(GCM_X25519, charon, gateway, false);
      assert.match(charon.log(), /EAP method EAP_\w+ succeeded, MSK established/);
      assert.match(freeradius.log, /Sent Access-Accept/);
    },
  );
}

peerTest(
  "a client whose password FreeRADIUS finds wrong does not come up with our gateway",
  { ...AS_GATEWAY, needs: METHODS[0].needs },
  async (scene) => {
    const { ours, theirs } = certificatesFor(OUR_IDENTITY, THEIR_IDENTITY, "P-256");
    const pair = await scene.namespacePair();
    await scene.freeradius(pair.theirs, radiusOf("mschapv2", asFreeradius(ours)));
    const gateway = await scene.gateway(pair, {
      certificates: ours,
      eap: { radius: { host: pair.theirs.address, secret: SECRET } },
    });
    const eap = { role: "client", ...ALICE, password: "another" } as const;
    const charon = await scene.charon(pair, GCM_X25519, { certificates: theirs, eap });
    assert.notEqual((await charon.up()).status, 0);
    assert.equal((await gateway.event("ike-sa-down")).reason, "authentication-failed");
  },
);

for (const tlsVersion of ["1.2", "1.3"] as const) {
  peerTest(
    `our client comes up with charon by EAP-TLS with TLS ${tlsVersion}, which FreeRADIUS speaks`,
    { ...AS_CLIENT, cases: ["radius", "eap-tls"], needs: [...NEEDS, "charon's EAP-RADIUS plugin", "Node"] },
    async (scene) => {
      const { ours, theirs } = certificatesFor(OUR_IDENTITY, THEIR_IDENTITY, "RSA");
      const pair = await scene.namespacePair();
      const freeradius = await scene.freeradius(pair.ours, { ...radiusOf("tls", theirs), tlsVersion });
      const charon = await scene.charon(pair, GCM_X25519, {
        certificates: theirs,
        eap: { role: "gateway", radius: { host: pair.ours.address, secret: SECRET } },
      });
      const client = scene.client(pair, { certificates: ours, eap: { tls: true } });
      await assertUpWith(GCM_X25519, charon, client, true);
      assert.match(freeradius.log, new RegExp(`TLS-Session-Version = "TLS ${tlsVersion}"`));
    },
  );
}

function radiusOf(
  method: FreeradiusOptions["method"],
  certificates: CharonCertificates,
): Omit<FreeradiusOptions, "namespace" | "address"> {
  return { method, certificates, secret: SECRET, ...ALICE };
}

function asFreeradius({ authority, certificate, privateKey }: OurCertificates): CharonCertificates {
  return { authority, certificate, privateKey };
}
