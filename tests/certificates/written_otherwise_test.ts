/**
 * A distinguished name has many writings (RFC 5280, section 7.1): whoever writes his own otherwise is still the one that his certificate names.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Identity } from "../../src/ticket/identity.ts";
import { IdType } from "../../src/wire/constants.ts";
import { effectsOf } from "../simulation/simulation.ts";
import { issue, subjectOf } from "./authority.ts";
import { type CertificateScene, certificateScene, type SceneOptions, tried } from "./scene.ts";

/** As the certificate of the scene has it. */
const AS_ISSUED = name("Client");
const OTHERWISE = [name("CLIENT"), name(" client "), name("cLient")];

function name(subject: string): Identity {
  return { idType: IdType.ID_DER_ASN1_DN, identification: subjectOf(issue({ subject })) };
}

/** A client comes up under a writing of its name. */
async function up(identity: Identity, options: SceneOptions = {}): Promise<CertificateScene> {
  return await tried(await certificateScene({ ...options, clientOptions: { identity } }));
}

test("a client that writes its name otherwise has no more IKE SAs than its identity may have", async () => {
  const scene = await up(AS_ISSUED, { gateway: { uniqueIdentities: "replace" } });
  const { simulation, certificates } = scene;
  for (const identity of OTHERWISE) {
    const another = simulation.addClient({ presharedKey: undefined, certificates, identity, initialContact: false });
    await simulation.start(another);
    await simulation.run(simulation.network.nowMs + 30_000);
  }
  assert.equal(effectsOf(simulation.gatewayEffects, "ike-sa-up").length, 1 + OTHERWISE.length);
  const ended = effectsOf(simulation.gatewayEffects, "ike-sa-down").filter(({ reason }) => reason === "replaced-by-newcomer");
  assert.equal(ended.length, OTHERWISE.length);
});

test("[R-5-3] revoking an identity revokes the tickets that it has got under other writings of it", async () => {
  const [identity] = OTHERWISE;
  const { simulation, client, certificates } = await up(identity);
  const { ticket } = client;
  await simulation.actOnGateway(simulation.gateway.revokeIdentity(AS_ISSUED, simulation.now));
  const again = simulation.addClient({ presharedKey: undefined, certificates, identity }, ticket, client.address);
  await simulation.start(again);
  await simulation.run(simulation.network.nowMs + 30_000);
  const [refused] = effectsOf(simulation.gatewayEffects, "ticket-refused");
  assert.equal(refused.reason, "revoked");
  const resumed = effectsOf(simulation.gatewayEffects, "ike-sa-up").filter((one) => one.resumed);
  assert.deepEqual(resumed, []);
});
