/**
 * Clients that proved themselves by certificates come back by tickets (RFC 5723, section 5, notes 1 to 3).
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadCertificates } from "../../src/certificates/options.ts";
import { initiatorConfiguration } from "../../src/ike/initiator.ts";
import type { AuthenticatedClient, ResumingClient } from "../../src/ike/policy/authorization.ts";
import { responderConfiguration } from "../../src/ike/responder.ts";
import { AuthenticationMethod } from "../../src/wire/constants.ts";
import { effectsOf, fqdn, GATEWAY_ADDRESS, PRESHARED_KEY, START_EPOCH_SECONDS } from "../simulation/simulation.ts";
import { openTicketState } from "../simulation/opened_ticket.ts";
import { type CertificateScene, certificateScene, CLIENT_NAME, tried } from "./scene.ts";
import { authorityOf } from "./authority.ts";

const DAY_SECONDS = 86_400;

/** The client comes back by its ticket. */
async function back({ simulation, client, certificates }: CertificateScene) {
  const options = { presharedKey: undefined, certificates, identity: fqdn(CLIENT_NAME) };
  const again = simulation.addClient(options, client.ticket, client.address, GATEWAY_ADDRESS);
  await simulation.start(again);
  await simulation.run(simulation.network.nowMs + 30_000);
  return again;
}

async function up(options: Parameters<typeof certificateScene>[0] = {}): Promise<CertificateScene> {
  const scene = await tried(await certificateScene(options));
  assert.equal(effectsOf(scene.simulation.gatewayEffects, "ike-sa-up").length, 1);
  return scene;
}

test("[R-5-1] a client with a certificate resumes without one, and its next ticket says how it first proved itself", async () => {
  const seen: AuthenticatedClient[] = [];
  const resuming: ResumingClient[] = [];
  const scene = await up({
    gateway: {
      authorize: (client) => {
        seen.push(client);
        return { certificates: client.certificates };
      },
      authorizeResumption: (client) => resuming.push(client) > 0,
      maximumTicketLength: 4_096,
    },
  });
  assert.equal(seen[0].certificates.length, 1);
  assert.equal(seen[0].authenticationMethod, AuthenticationMethod.DIGITAL_SIGNATURE);
  const again = await back(scene);
  const [, second] = effectsOf(scene.simulation.gatewayEffects, "ike-sa-up");
  assert.equal(second.resumed, true);
  assert.deepEqual(resuming[0].certificates, seen[0].certificates);
  assert.equal(resuming[0].authenticationMethod, AuthenticationMethod.DIGITAL_SIGNATURE);
  const state = await openTicketState(scene.simulation, again.ticket);
  assert.equal(state.authenticationMethod, AuthenticationMethod.DIGITAL_SIGNATURE);
  assert.deepEqual(state.certificates, seen[0].certificates);
  assert.equal(state.certificatesEndAtEpochSeconds, START_EPOCH_SECONDS + 30 * DAY_SECONDS);
});

test("[R-5-1] no ticket outlives the client's certificate, however it was renewed, and none is taken after it", async () => {
  const scene = await up({
    clientCertificate: { days: [-1, 1 / 48] },
    gateway: { ticketLifetimeSeconds: 7_200 },
  });
  const [{ lifetimeSeconds }] = effectsOf(scene.simulation.gatewayEffects, "ticket-issued");
  assert.ok(lifetimeSeconds <= 1_800, `${lifetimeSeconds}`);
  const again = await back(scene);
  const [, second] = effectsOf(scene.simulation.gatewayEffects, "ticket-issued");
  assert.ok(second.lifetimeSeconds < lifetimeSeconds);
  assert.ok(again.ticket.expiresAtEpochSeconds <= START_EPOCH_SECONDS + 1_800);
});

test("[R-5-1] a gateway that takes certificates no more takes no tickets of theirs", async () => {
  const scene = await up();
  scene.simulation.restartGateway({ certificates: undefined, presharedKeyOf: () => PRESHARED_KEY });
  await back(scene);
  assert.equal(effectsOf(scene.simulation.gatewayEffects, "ticket-refused")[0].reason, "identity-unknown");
  assert.equal(effectsOf(scene.simulation.gatewayEffects, "ike-sa-up").length, 1);
});

test("configurations that let nobody prove anything, or one end alone, are refused", async () => {
  const certificates = await loadCertificates({ authorities: [authorityOf().der] });
  const { simulation } = await certificateScene();
  const { ticketKeys } = simulation;
  const identity = fqdn("gateway.example");
  assert.throws(() => responderConfiguration({ identity, ticketKeys }), /neither presharedKeyOf nor certificates/);
  assert.throws(() => responderConfiguration({ identity, ticketKeys, certificates }), /certificates has no credential/);
  assert.throws(() => initiatorConfiguration({ identity }), /neither presharedKey nor certificates/);
  assert.throws(() => initiatorConfiguration({ identity, certificates }), /certificates without peerIdentity/);
  assert.throws(
    () => initiatorConfiguration({ identity, certificates, peerIdentity: identity }),
    /certificates has no credential, expected one, or eap/,
  );
});
