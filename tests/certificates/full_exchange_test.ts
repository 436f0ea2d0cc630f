/**
 * IKE_AUTH with certificates at both ends (RFC 7296, section 2.15; RFC 7427), over a simulated network.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { findNotify } from "../../src/ike/message/notify.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { AuthenticationMethod, NotifyType } from "../../src/wire/constants.ts";
import { decodeMessage } from "../../src/wire/message.ts";
import type { Payload } from "../../src/wire/payload.ts";
import { effectsOf } from "../simulation/simulation.ts";
import { authorityOf, credentialOf, issue, type Issued, type KeyName } from "./authority.ts";
import { certificateScene, tried } from "./scene.ts";

for (const key of ["P-256", "P-384", "P-521", "Ed25519", "RSA"] as const satisfies readonly KeyName[]) {
  test(`[C-3.6] both ends prove themselves by certificates with keys of ${key}, and get the same keys`, async () => {
    const { simulation, client } = await tried(await certificateScene({ gatewayKey: key, clientKey: key }));
    const [up] = effectsOf(simulation.gatewayEffects, "child-sa-up");
    assert.ok(up, JSON.stringify(simulation.gatewayEffects.filter(({ type }) => type === "authentication-failed")));
    assert.deepEqual(up.childSa.inbound.encryptionKey, client.childSa.outbound.encryptionKey);
    assert.equal(client.ticket.authenticationMethod, AuthenticationMethod.DIGITAL_SIGNATURE);
  });
}

test("[C-A-1] CERTREQ comes last in IKE_SA_INIT, after a request that knows RFC 7427 beside the hashes that the gateway takes", async () => {
  const { simulation, client } = await tried(await certificateScene());
  const [init] = sentBy(client.effects);
  assert.deepEqual(hashesIn(init), [2, 3, 4, 5]);
  const [answer] = sentBy(simulation.gatewayEffects);
  assert.deepEqual(hashesIn(answer), [2, 3, 4, 5]);
  const types = answer.map(({ type }) => type);
  assert.deepEqual(types.slice(0, 3), ["SA", "KE", "Nonce"]);
  assert.deepEqual(types.filter((type) => type === "CERTREQ"), ["CERTREQ"]);
});

test("[C-3.9] of two certificates an end sends the one whose authority its peer asks for", async () => {
  const [authority, other] = [authorityOf("One"), authorityOf("Other")];
  const of = (issuer: Issued) =>
    credentialOf(issue({ subject: "Client", names: [{ dNSName: "client1.example" }] }, issuer), issuer);
  for (const credentials of [[of(authority), of(other)], [of(other), of(authority)]]) {
    const { simulation } = await tried(await certificateScene({ authority, ofClient: { credentials } }));
    assert.equal(effectsOf(simulation.gatewayEffects, "ike-sa-up").length, 1);
  }
});

function sentBy(effects: readonly Effect[]): (readonly Payload[])[] {
  return effectsOf(effects, "send").map(({ datagram }) => {
    const decoded = decodeMessage(datagram.octets);
    assert.ok(decoded.ok);
    return decoded.value.payloads;
  });
}

function hashesIn(payloads: readonly Payload[]): number[] {
  const { data } = findNotify(payloads, NotifyType.SIGNATURE_HASH_ALGORITHMS)!;
  return Array.from({ length: data.length / 2 }, (_, index) => data[2 * index] << 8 | data[2 * index + 1]);
}
