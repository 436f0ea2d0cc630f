/**
 * Tests of IKE_AUTH by EAP-TLS that need a runtime whose TLS exports keying material: `on_node_test.ts` has Node run them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadCertificates } from "../../../src/certificates/options.ts";
import { createTsProvider } from "../../../src/crypto/ts/provider.ts";
import { identityOfNai } from "../../../src/ike/authentication/eap/nai.ts";
import type { AuthenticatedClient } from "../../../src/ike/policy/authorization.ts";
import type { ResponderOptions } from "../../../src/ike/responder.ts";
import type { Identity } from "../../../src/ticket/identity.ts";
import { assertSameKeys, comeBack, gatewayChildSa, resumptions } from "../../simulation/coming_back.ts";
import { credentialOf, revocationListOf } from "../../certificates/authority.ts";
import { effectsOf, Simulation } from "../../simulation/simulation.ts";
import { authorityNow, eapTlsOf, fqdn, issuedNow, named, SERVER_NAME } from "./tls_scene.ts";

const EAP_TLS = 13;
const authority = authorityNow();
const server = issuedNow(named(SERVER_NAME), authority);

interface Scene {
  readonly simulation: Simulation;
  /** Whom policy was asked about, at a full exchange and at resumption. */
  readonly admitted: (readonly [Identity, number | undefined])[];
  readonly authorized: AuthenticatedClient[];
}

async function sceneOf(gateway: Partial<Pick<ResponderOptions, "uniqueIdentities" | "certificates">> = {}): Promise<Scene> {
  const tls = await eapTlsOf(authority, [server]);
  const admitted: [Identity, number | undefined][] = [];
  const authorized: AuthenticatedClient[] = [];
  const simulation = new Simulation({
    provider: createTsProvider(),
    gateway: {
      presharedKeyOf: () => undefined,
      eap: {
        methodFor: (initiatorId) => tls.server(initiatorId),
        admits: (identity, type) => admitted.push([identity, type]) > 0,
        eapOnly: "safe",
      },
      authorize: (client) => {
        authorized.push(client);
        return {};
      },
      ...gateway,
    },
  });
  return { simulation, admitted, authorized };
}

async function upBy({ simulation }: Scene, identity: Identity, name = "alice@example.org") {
  const certificate = issuedNow({ subject: name, names: [{ rfc822Name: name }] }, authority);
  const tls = await eapTlsOf(authority, [certificate]);
  const eap = { method: () => tls.peer(fqdn(SERVER_NAME)), eapOnly: "safe" } as const;
  const client = simulation.addClient({ identity, presharedKey: undefined, eap });
  await simulation.start(client);
  await simulation.run();
  return { client, certificate };
}

test("[C-3.4] by EAP-TLS alone both ends come up with equal keys, policy gets the certificate's name and chain, and the ticket resumes", async () => {
  const scene = await sceneOf();
  const { client, certificate } = await upBy(scene, fqdn("device.example"));
  assert.equal(client.initiator.waitsFor, "requests");
  assertSameKeys(client.childSa, gatewayChildSa(scene.simulation));
  const alice = identityOfNai("alice@example.org");
  assert.deepEqual(effectsOf(scene.simulation.gatewayEffects, "ike-sa-up")[0].eapIdentity, alice);
  const [{ identity, initiatorId, eapType, certificates, certificatesEndAtEpochSeconds }] = scene.authorized;
  assert.deepEqual([identity, initiatorId, eapType], [alice, fqdn("device.example"), EAP_TLS]);
  assert.deepEqual(certificates, [certificate.der]);
  assert.ok(certificatesEndAtEpochSeconds! > Date.now() / 1_000);

  const again = await comeBack(scene.simulation, client);
  assert.deepEqual(resumptions(again), [true]);
  assert.ok(scene.admitted.length >= 2);
  for (const [asked, type] of scene.admitted) assert.deepEqual([asked, type], [alice, EAP_TLS]);
});

test("two devices with one person's certificates are one identity, whatever they say in IDi", async () => {
  const scene = await sceneOf({ uniqueIdentities: "replace" });
  await upBy(scene, fqdn("one.example"));
  await upBy(scene, fqdn("two.example"));
  assert.equal(scene.simulation.gateway.establishedCount, 1);
  assert.equal(effectsOf(scene.simulation.gatewayEffects, "ike-sa-up").length, 2);
});

test("a certificate by which a client proved itself in EAP-TLS ends the client's ticket once it is revoked", async () => {
  const certificates = await loadCertificates({ authorities: [authority.der], credentials: [credentialOf(server)] });
  const scene = await sceneOf({ certificates });
  const { client, certificate } = await upBy(scene, fqdn("device.example"));
  await certificates.replaceRevocations({ revocationLists: [revocationListOf(authority, [server])] });
  const again = await comeBack(scene.simulation, client);
  assert.deepEqual(resumptions(again), [true]);
  await certificates.replaceRevocations({ revocationLists: [revocationListOf(authority, [certificate])] });
  await scene.simulation.start(scene.simulation.addClient({ identity: fqdn("device.example") }, again.ticket));
  await scene.simulation.run();
  assert.equal(effectsOf(scene.simulation.gatewayEffects, "ticket-refused")[0]?.reason, "certificate-revoked");
});
