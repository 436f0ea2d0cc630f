/**
 * A certificate that is revoked ends the tickets of its client: step by step, and in the lane.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { GivenRevocations, LoadedCertificates } from "../../src/certificates/options.ts";
import { loadCertificates } from "../../src/certificates/options.ts";
import { loadProvider } from "../../src/providers/mod.ts";
import { encodeTicketItems } from "../../src/ticket/ticket_items.ts";
import { openTicketState } from "../simulation/opened_ticket.ts";
import { effectsOf, fqdn, GATEWAY_ADDRESS } from "../simulation/simulation.ts";
import { authorityOf, credentialOf, issue, type Issued, pem, revocationListOf } from "./authority.ts";
import { ocspResponseOf } from "./ocsp_authority.ts";
import { type CertificateScene, certificateScene, CLIENT_NAME, GATEWAY_NAME, tried } from "./scene.ts";

const authority = authorityOf();
const sub = authorityOf("Sub", "P-256", {}, authority);
const gateway = issue({ subject: "Gateway", names: [{ dNSName: GATEWAY_NAME }] }, authority);
const direct = issue({ subject: "Client", names: [{ dNSName: CLIENT_NAME }] }, authority);
const below = issue({ subject: "Client", names: [{ dNSName: CLIENT_NAME }] }, sub);

interface Scene extends CertificateScene {
  readonly ofGateway: LoadedCertificates;
}

const wasm = await loadProvider("wasm");

/** A client is up, with a ticket. */
async function up(hasLane: boolean, ...chain: readonly Issued[]): Promise<Scene> {
  const ofGateway = await loadCertificates({ authorities: [authority.der], credentials: [credentialOf(gateway)] });
  const scene = await certificateScene({
    authority,
    gateway: { certificates: ofGateway },
    ofClient: { credentials: [credentialOf(chain[0], ...chain.slice(1))] },
    simulation: { provider: wasm, lane: hasLane },
  });
  await tried(scene);
  assert.equal(effectsOf(scene.simulation.gatewayEffects, "ike-sa-up").length, 1);
  return { ...scene, ofGateway };
}

/** The client comes back by its ticket: whether that was taken, and what the gateway says of it. */
async function back({ simulation, client, certificates }: Scene) {
  const seen = simulation.gatewayEffects.length;
  const options = { presharedKey: undefined, certificates, identity: fqdn(CLIENT_NAME) };
  const again = simulation.addClient(options, client.ticket, client.address, GATEWAY_ADDRESS);
  await simulation.start(again);
  await simulation.run(simulation.network.nowMs + 30_000);
  const effects = simulation.gatewayEffects.slice(seen);
  const isResumed = effectsOf(effects, "ike-sa-up").some(({ resumed }) => resumed);
  return { isResumed, refusal: effectsOf(effects, "ticket-refused")[0]?.reason, again };
}

const REVOKED = { isResumed: false, refusal: "certificate-revoked" };
const outcome = async (scene: Scene) => {
  const { isResumed, refusal } = await back(scene);
  return { isResumed, refusal };
};

const GIVEN: Readonly<Record<string, readonly [chain: readonly Issued[], given: GivenRevocations, isEnd: boolean]>> = {
  "by a list": [[direct], { revocationLists: [revocationListOf(authority, [direct])] }, true],
  "by a list that is out of time": [[direct], { revocationLists: [revocationListOf(authority, [direct], [-3, -2])] }, true],
  "by an OCSP response": [[direct], { ocspResponses: [ocspResponseOf(authority, direct, { status: "revoked" })] }, true],
  "by a list of an authority that it brought itself": [
    [below, sub],
    { revocationLists: [revocationListOf(sub, [below])] },
    true,
  ],
  "with the authority above it": [[below, sub], { revocationLists: [revocationListOf(authority, [sub])] }, true],
  "nowhere: the list names others": [[direct], { revocationLists: [revocationListOf(authority, [below, gateway])] }, false],
  "nowhere: the list is of another authority": [[direct], { revocationLists: [revocationListOf(sub, [direct])] }, false],
  "nowhere: the list is not signed by the authority that it names": [
    [direct],
    { revocationLists: [revocationListOf(authorityOf(), [direct])] },
    false,
  ],
  "nowhere: the OCSP response is a stranger's": [
    [direct],
    { ocspResponses: [ocspResponseOf(authority, direct, { status: "revoked", signer: authorityOf() })] },
    false,
  ],
  "nowhere: the OCSP response says it is good": [[direct], { ocspResponses: [ocspResponseOf(authority, direct)] }, false],
};

for (const hasLane of [false, true]) {
  const where = hasLane ? "in the lane" : "by the steps";
  for (const [how, [chain, given, isEnd]] of Object.entries(GIVEN)) {
    test(`a ticket of a client whose certificate was revoked since ${how} is ${isEnd ? "refused" : "taken"}, ${where}`, async () => {
      const scene = await up(hasLane, ...chain);
      await scene.ofGateway.replaceRevocations(given);
      assert.deepEqual(await outcome(scene), isEnd ? REVOKED : { isResumed: true, refusal: undefined });
    });
  }

  test(`[R-5-1] the ticket after a resumption still says which certificate it rests on, ${where}`, async () => {
    const scene = await up(hasLane, below, sub);
    const first = await openTicketState(scene.simulation, scene.client.ticket);
    assert.equal(first.certificateNames?.length, 2);
    const { isResumed, again } = await back(scene);
    assert.equal(isResumed, true);
    const next = await openTicketState(scene.simulation, again.ticket);
    assert.deepEqual(next.certificateNames, first.certificateNames);
    await scene.ofGateway.replaceRevocations({ revocationLists: [revocationListOf(sub, [below])] });
    assert.deepEqual(await outcome({ ...scene, client: again }), REVOKED);
  });
}

test("a certificate that was found to be revoked when its client came has no good tickets either, and what is taken back is", async () => {
  const scene = await up(false, direct);
  let status: "good" | "revoked" = "revoked";
  const certificates = await loadCertificates({
    authorities: [authority.der],
    credentials: [credentialOf(gateway)],
    ocspResponse: () => ocspResponseOf(authority, direct, { status }),
  });
  scene.simulation.restartGateway({ certificates });
  assert.equal((await outcome(scene)).isResumed, true);
  const fresh = scene.simulation.addClient({
    presharedKey: undefined,
    certificates: scene.certificates,
    identity: fqdn(CLIENT_NAME),
  });
  await scene.simulation.start(fresh);
  await scene.simulation.run(scene.simulation.network.nowMs + 30_000);
  assert.equal(effectsOf(scene.simulation.gatewayEffects, "authentication-failed")[0]?.detail, "a certificate was revoked");
  const later = await up(false, direct);
  later.simulation.restartGateway({ certificates });
  assert.deepEqual(await outcome(later), REVOKED);
  status = "good";
});

test("a ticket that names no certificate is good only as long as nothing is revoked here", async () => {
  const certificates = await loadCertificates({ authorities: [authority.der] });
  assert.equal(certificates.isRevoked?.(undefined), false);
  await certificates.replaceRevocations({ revocationLists: [revocationListOf(authority, [])] });
  assert.equal(certificates.isRevoked?.(undefined), true);
  await certificates.replaceRevocations({});
  assert.equal(certificates.isRevoked?.(undefined), false);
});

test("lists that will not do leave those of before in force", async () => {
  const scene = await up(false, direct);
  await scene.ofGateway.replaceRevocations({ revocationLists: [revocationListOf(authority, [direct])] });
  for (const given of [{ revocationLists: ["no list"] }, { ocspResponses: [Uint8Array.of(1)] }]) {
    await assert.rejects(scene.ofGateway.replaceRevocations(given), { name: "CertificateError" });
  }
  assert.deepEqual(await outcome(scene), REVOKED);
  await scene.ofGateway.replaceRevocations({
    revocationLists: [pem("X509 CRL", revocationListOf(authority, [below]))],
  });
  assert.deepEqual(await outcome(scene), { isResumed: true, refusal: undefined });
});

test("what a ticket remembers of a certificate is 16 octets and its serial number", async () => {
  const scene = await up(false, direct);
  const { certificateNames } = await openTicketState(scene.simulation, scene.client.ticket);
  assert.deepEqual(certificateNames?.map(({ length }) => length), [16 + 9]);
  assert.equal(encodeTicketItems({ certificateNames }).length, 3 + 16 + 9);
});
