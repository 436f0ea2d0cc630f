/**
 * strongSwan's charon and our ends prove themselves to each other by certificates, in both roles.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type KeyName } from "../certificates/authority.ts";
import { assertUpWith } from "./agreement.ts";
import { certificatesFor } from "./certificate_files.ts";
import type { PeerCase } from "./peer_cases.ts";
import { peerTest } from "./peer_proof.ts";
import { OUR_IDENTITY, THEIR_IDENTITY } from "./scene.ts";
import { GCM_X25519 } from "./suites.ts";

interface Kind {
  readonly name: string;
  readonly proves: PeerCase;
  readonly key: KeyName;
  /** What charon says of a signature that it has made or checked. */
  readonly said: RegExp;
  /** Without RFC 7427. */
  readonly before?: boolean;
}

const KINDS: readonly Kind[] = [
  { name: "RSA", proves: "rsa", key: "RSA", said: /with RSA_EMSA_(PKCS1_SHA2_256|PSS_?S?H?A?2?_?2?5?6?) successful/ },
  { name: "ECDSA on P-256", proves: "ecdsa", key: "P-256", said: /with ECDSA_WITH_SHA256_DER successful/ },
  { name: "ECDSA on P-384", proves: "ecdsa", key: "P-384", said: /with ECDSA_WITH_SHA384_DER successful/ },
  { name: "Ed25519", proves: "ed25519", key: "Ed25519", said: /with ED25519 successful/ },
  { name: "RSA without RFC 7427", proves: "rsa", key: "RSA", said: /with RSA signature successful/, before: true },
  {
    name: "ECDSA on P-384 without RFC 7427",
    proves: "ecdsa",
    key: "P-384",
    said: /with ECDSA-384 signature successful/,
    before: true,
  },
];

for (const { name, proves, key, said, before } of KINDS) {
  peerTest(`[C-3.6] charon comes up with our gateway by certificates, with ${name}`, {
    role: "gateway",
    cases: [proves],
    suite: GCM_X25519,
  }, async (scene) => {
    const { ours, theirs } = certificatesFor(OUR_IDENTITY, THEIR_IDENTITY, key);
    const pair = await scene.namespacePair();
    const gateway = await scene.gateway(pair, { certificates: { ...ours, allowSha1: before } });
    const charon = await scene.charon(pair, GCM_X25519, { certificates: theirs, signatureAuthentication: !before });
    const up = await charon.up();
    assert.equal(up.status, 0, up.stdout + up.stderr);
    await assertUpWith(GCM_X25519, charon, gateway, false);
    assert.match(charon.log(), said);
  });

  peerTest(`[C-3.6] our client comes up with charon by certificates, with ${name}`, {
    role: "client",
    cases: [proves],
    suite: GCM_X25519,
  }, async (scene) => {
    const { ours, theirs } = certificatesFor(OUR_IDENTITY, THEIR_IDENTITY, key);
    const pair = await scene.namespacePair();
    const charon = await scene.charon(pair, GCM_X25519, { certificates: theirs, signatureAuthentication: !before });
    const client = scene.client(pair, { certificates: { ...ours, allowSha1: before } });
    await assertUpWith(GCM_X25519, charon, client, true);
    assert.match(charon.log(), said);
  });
}

const LARGE = Array.from({ length: 100 }, (_, index) => `another-name-of-this-end-${index}.example`);
const IN_FRAGMENTS = [
  /splitting IKE message \(\d{4} bytes\) into [3-9] fragments/,
  /received fragment #\d of [3-9], reassembled fragmented IKE message/,
];

peerTest(
  "charon and our gateway prove themselves by certificates of several packets, in fragments both ways",
  { role: "gateway", cases: ["large-certificates"], suite: GCM_X25519 },
  async (scene) => {
    const { ours, theirs } = certificatesFor(OUR_IDENTITY, THEIR_IDENTITY, "RSA", LARGE);
    const pair = await scene.namespacePair();
    const gateway = await scene.gateway(pair, { certificates: ours });
    const charon = await scene.charon(pair, GCM_X25519, { certificates: theirs });
    const up = await charon.up();
    assert.equal(up.status, 0, up.stdout + up.stderr);
    await assertUpWith(GCM_X25519, charon, gateway, false);
    for (const said of IN_FRAGMENTS) assert.match(charon.log(), said);
  },
);

peerTest(
  "our client and charon prove themselves by certificates of several packets, in fragments both ways",
  { role: "client", cases: ["large-certificates"], suite: GCM_X25519 },
  async (scene) => {
    const { ours, theirs } = certificatesFor(OUR_IDENTITY, THEIR_IDENTITY, "RSA", LARGE);
    const pair = await scene.namespacePair();
    const charon = await scene.charon(pair, GCM_X25519, { certificates: theirs });
    await assertUpWith(GCM_X25519, charon, scene.client(pair, { certificates: ours }), true);
    for (const said of IN_FRAGMENTS) assert.match(charon.log(), said);
  },
);

peerTest("a charon whose certificate is of another authority does not come in", {
  role: "gateway",
  cases: ["ecdsa"],
  suite: GCM_X25519,
}, async (scene) => {
  const { ours } = certificatesFor(OUR_IDENTITY, THEIR_IDENTITY, "P-256");
  const { theirs } = certificatesFor(OUR_IDENTITY, THEIR_IDENTITY, "P-256");
  const pair = await scene.namespacePair();
  const gateway = await scene.gateway(pair, { certificates: ours });
  const charon = await scene.charon(pair, GCM_X25519, { certificates: theirs });
  assert.notEqual((await charon.up()).status, 0);
  assert.equal((await gateway.event("ike-sa-down")).reason, "authentication-failed");
});
